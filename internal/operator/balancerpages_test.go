package operator

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/debugpage"
)

const longName = `<script>document.title="bad"</script>.very-long-name.very-long-name.very-long-name.very-long-name.example.com:443`

// The pages of a balancer with three services, 200 servers in a list, and 50 clients: IPv6, long names, and names,
// tokens and classes that would be a script if they were not shown as text. They read well in all views.
func TestServer_Page_Readable(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	lb := busyBalancer(t)
	server := httptest.NewServer(debugpage.Handler(lb))
	t.Cleanup(server.Close)

	b.inspect(server.URL+"/?refresh=off", "balancer-all", []string{
		longName, "202 servers, 11.11 % drops", "not known yet", "5 behind", "all 50", "waiting 10", "asked for Greeter.example.com:443"})
	if title := do(b, chromedp.Title()); title != "grpclb balancer" {
		t.Errorf("the title of the page is %q", title)
	}
	greeter := server.URL + "/?refresh=off&service=greeter.example.com:443"
	b.inspect(greeter, "balancer-one", []string{"1 to 100 of 202", `<script>document.title="bad"</script>`, "all 30"})
	b.inspect(greeter+"&servers=3", "balancer-drops", []string{"201 to 202 of 202", "</style><img src=x>"})
	b.inspect(greeter+"&class=canary&standing=behind", "balancer-class", []string{"Servers of class canary", "behind 5"})
	unknown := strings.Repeat("unknown", 20)
	b.inspect(server.URL+"/?refresh=off&service="+unknown, "balancer-unknown", []string{"No service " + unknown})

	do(b, chromedp.Navigate(server.URL+"/?refresh=1"))
	lb.Close()
	b.await([]string{"The balancer is closed."}, func() {})
	b.inspect(server.URL+"/?refresh=off", "balancer-closed", nil)
}

// busyBalancer is closed when the test ends.
func busyBalancer(t *testing.T) *lbserver.Balancer {
	t.Helper()
	lb := lbserver.New(lbserver.Options{
		Normalize: strings.ToLower,
		Classify:  func(c lbserver.Client) string { return c.Metadata.Get("class")[0] },
	})
	t.Cleanup(lb.Close)
	var servers []lbserver.Server
	for n := range 200 {
		servers = append(servers, lbserver.Server{Address: fmt.Sprintf("[2001:db8:ffff:ffff:ffff:ffff:ffff:%x]:65535", n+0xff00), Token: fmt.Sprint("token-", n)})
	}
	servers[0].Token, servers[1].Token, servers[2].Address = `<script>document.title="bad"</script>`, strings.Repeat("W", 49), "10.0.0.1:443"
	servers = append(servers, lbserver.Server{Drop: true, Token: "</style><img src=x>", Weight: 24}, lbserver.Server{Drop: true})
	name := "greeter.example.com:443"
	for _, err := range []error{
		lb.SetServers(name, servers), lb.SetServersFor(name, "canary", servers[:3]), lb.SetFallbackFor(name, `"><img src=x onerror=alert(1)>`),
		lb.SetServers(longName, servers[3:5]), lb.Expect("payments.example.com:443"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range 50 {
		begin(lb, n)
	}
	settle(lb)
	return lb
}

// begin begins a stream, the n-th. Every fifth asks for a service that has no answer yet, and every tenth reads nothing. Each
// sends a report.
func begin(lb *lbserver.Balancer, n int) {
	address := fmt.Sprintf("192.0.2.%d:443", n)
	if n%3 == 0 {
		address = fmt.Sprintf("[2001:db8:ffff:ffff:ffff:ffff:ffff:%x]:65535", n+0xff00)
	}
	class := []string{"", "canary", `"><img src=x onerror=alert(1)>`, "europe-west1-b"}[n%4]
	ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("class", class))
	ctx, end := context.WithCancel(peer.NewContext(ctx, &peer.Peer{Addr: text(address)}))
	s := &asker{ctx: ctx, mute: n%10 == 5, says: make(chan *lbpb.LoadBalanceRequest, 2)}
	service := []string{"greeter.example.com:443", "greeter.example.com:443", "Greeter.example.com:443", longName, "payments.example.com:443"}[n%5]
	s.says <- &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service}}}
	s.says <- &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{ClientStats: &lbpb.ClientStats{
		NumCallsStarted: 123_456_789, NumCallsFinished: 123_456_000, NumCallsFinishedWithClientFailedToSend: 12_345_678,
		CallsFinishedWithDrop: []*lbpb.ClientStatsPerToken{{LoadBalanceToken: "</style><img src=x>", NumCalls: 9}, {LoadBalanceToken: strings.Repeat("W", 49), NumCalls: 1}},
	}}}
	go func() {
		defer end() // as gRPC does
		_ = lb.BalanceLoad(s)
	}()
}

// settle waits until the balancer has handed out what there is, and has all reports.
func settle(lb *lbserver.Balancer) {
	for {
		s, done := lb.State(), 0
		for _, c := range s.Clients {
			if c.LastReport != nil {
				done++
			}
		}
		if done == 40 && s.Totals.Sent == 35 {
			return
		}
		runtime.Gosched()
	}
}

// An asker is a stream of a client, without gRPC.
type asker struct {
	grpc.ServerStream
	ctx  context.Context
	mute bool // it reads nothing
	says chan *lbpb.LoadBalanceRequest
}

func (s *asker) Context() context.Context { return s.ctx }

func (s *asker) Send(*lbpb.LoadBalanceResponse) error {
	if s.mute {
		<-s.ctx.Done()
	}
	return s.ctx.Err()
}

func (s *asker) Recv() (*lbpb.LoadBalanceRequest, error) {
	select {
	case m := <-s.says:
		return m, nil
	case <-s.ctx.Done():
		return nil, io.EOF
	}
}

// A text is an address as it is written.
type text string

func (t text) Network() string { return "tcp" }
func (t text) String() string  { return string(t) }
