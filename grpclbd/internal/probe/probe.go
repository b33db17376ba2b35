// Package probe asks any balancer that speaks grpclb for the list of a service, and prints it.
package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// Options say what to ask.
type Options struct {
	Balancer string                           // a gRPC target, such as HOST:PORT
	Service  string                           // the name of the service
	Headers  map[string]string                // of the stream
	Creds    credentials.TransportCredentials // nil: plain text
	Follow   bool                             // print each later list too, until the context is done
	Patience time.Duration                    // until the first list
}

// Run asks, and prints what the balancer says: which servers are listed how often, with
// which tokens, and which share of the calls is dropped.
func Run(ctx context.Context, w io.Writer, o Options) error {
	if o.Creds == nil {
		o.Creds = insecure.NewCredentials()
	}
	cc, err := grpc.NewClient(o.Balancer, grpc.WithTransportCredentials(o.Creds), grpc.WithDisableServiceConfig())
	if err != nil {
		return errors.New(printable(err.Error()))
	}
	defer cc.Close()
	ctx, cancel := context.WithCancelCause(metadata.NewOutgoingContext(ctx, metadata.New(o.Headers)))
	defer cancel(nil)
	silent := fmt.Errorf("no list came within %v: the balancer at %s does not answer", o.Patience, printable(o.Balancer))
	timer := time.AfterFunc(o.Patience, func() { cancel(silent) })
	defer timer.Stop()
	err = ask(ctx, lbpb.NewLoadBalancerClient(cc), w, o, timer)
	if errors.Is(context.Cause(ctx), silent) {
		return silent
	}
	return err
}

// ask asks, and stops the timer when the first list has come.
func ask(ctx context.Context, balancer lbpb.LoadBalancerClient, w io.Writer, o Options, timer *time.Timer) error {
	stream, err := balancer.BalanceLoad(ctx)
	if err != nil {
		return readable(err)
	}
	if err := stream.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: o.Service},
	}}); err != nil && !errors.Is(err, io.EOF) {
		return readable(err)
	}
	for answered := false; !answered || o.Follow; {
		m, err := stream.Recv()
		if err != nil {
			return readable(err)
		}
		list, err := show(w, m)
		if err != nil {
			return err
		}
		if list {
			answered = true
			timer.Stop()
		}
	}
	return nil
}

// show prints one message of the balancer. It reports whether that tells where to send calls.
func show(w io.Writer, m *lbpb.LoadBalanceResponse) (list bool, err error) {
	switch {
	case m.GetInitialResponse() != nil:
		every := m.GetInitialResponse().GetClientStatsReportInterval().AsDuration()
		text := fmt.Sprintf("the balancer wants load reports every %v", every)
		if every <= 0 {
			text = "the balancer wants no load reports"
		}
		_, err = fmt.Fprintln(w, text)
		return false, err
	case m.GetServerList() != nil:
		return true, showList(w, m.GetServerList().GetServers())
	case m.GetFallbackResponse() != nil:
		_, err = fmt.Fprintln(w, "fallback: clients are to use their fallback addresses")
		return true, err
	}
	_, err = fmt.Fprintln(w, "a message of a kind that is not known")
	return false, err
}

// A row is equal entries of a list.
type row struct {
	what, token string
	entries     int
	drop        bool
}

func showList(w io.Writer, servers []*lbpb.Server) error {
	rows, drops := count(servers)
	fmt.Fprintf(w, "entries: %d (drops: %d)\n", len(servers), drops)
	if len(servers) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ENTRY\tTOKEN\tTIMES\tSHARE OF CALLS")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%d\t%.2f%%\n", r.what, r.token, r.entries, 100*r.share(len(servers)))
	}
	return t.Flush()
}

// share is the part of all calls that a row gets. Drops are decided first, over all entries;
// the other entries then share what is left: of n entries each has an n-th either way.
func (r row) share(all int) float64 {
	return float64(r.entries) / float64(all)
}

// count puts equal entries together, in the order in which they come first.
func count(servers []*lbpb.Server) (rows []row, drops int) {
	at := map[row]int{}
	for _, s := range servers {
		key := row{what: address(s), token: terminal.Clean(s.GetLoadBalanceToken()), drop: s.GetDrop()}
		if key.drop {
			key.what = "drop"
			drops++
		}
		i, has := at[key]
		if !has {
			i = len(rows)
			at[key] = i
			rows = append(rows, key)
		}
		rows[i].entries++
	}
	return rows, drops
}

// address prints where a server is.
func address(s *lbpb.Server) string {
	ip, ok := netip.AddrFromSlice(s.GetIpAddress())
	if !ok {
		return fmt.Sprintf("an address of %d bytes, which is none", len(s.GetIpAddress()))
	}
	return net.JoinHostPort(ip.String(), strconv.Itoa(int(s.GetPort())))
}
