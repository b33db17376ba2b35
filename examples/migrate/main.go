// Migrate shows how a program leaves grpc-go's own grpclb: it changes one import. The program
// before that is
//
//	go run -tags grpcgo ./examples/migrate
//
// and after it, without the tag. The import is in before.go and after.go. The program dials a
// dns target whose balancer is in an SRV record, and its service config names the
// policy "grpclb".
//
// It prints almost the same. The third line differs: if a new list names a backend that is slow to
// start, calls wait for it before the change, and go on by the old list after it. If something is
// not as expected, the program ends with exit code 1.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
)

const (
	// timeLimit bounds the whole program. It takes less than a second; before the change it
	// takes as long as patience.
	timeLimit = 20 * time.Second
	// patience is the deadline of the call that may have to wait.
	patience = 2 * time.Second
	// counted is how many calls are counted by each list.
	counted = 30
)

const config = `{"loadBalancingConfig": [{"grpclb": {}}]}`

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

// run has a new backend take over from two old ones.
func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	servers, err := startSite()
	if err != nil {
		return err
	}
	defer servers.stop()
	cc, err := dial(servers.dns.Addr())
	if err != nil {
		return err
	}
	defer cc.Close()
	p := program{w, testpb.NewTestServiceClient(cc), servers}
	if err := p.play(ctx); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nmigrate: ok (%s)\n", wantPolicy)
	return nil
}

// dial makes the channel. The name in front of the slash is that of a DNS server
// of the example's own; a program in the field leaves it out.
func dial(dns string) (*grpc.ClientConn, error) {
	return grpc.NewClient("dns://"+dns+"/"+service,
		grpc.WithDefaultServiceConfig(config),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// A program is a client that counts its calls.
type program struct {
	io.Writer
	client  testpb.TestServiceClient
	servers *site
}

func (p program) play(ctx context.Context) error {
	fmt.Fprintf(p, "the policy is of package %s\n", holder())
	if holder() != wantPolicy {
		return fmt.Errorf("want that of %s", wantPolicy)
	}
	if err := p.count(ctx, "old-1", "old-2"); err != nil {
		return err
	}
	if err := p.servers.replace(ctx); err != nil {
		return err
	}
	if err := p.meanwhile(ctx); err != nil {
		return err
	}
	p.servers.slow.open()
	return p.count(ctx, "new")
}

// holder returns the package of the policy with the name grpclb.
func holder() string {
	return reflect.TypeOf(balancer.Get("grpclb")).Elem().PkgPath()
}

// count makes calls until all of these backends have answered one. Then it counts who answers the
// next ones, which go to them in turn.
func (p program) count(ctx context.Context, names ...string) error {
	by := map[string]int{}
	for done := false; !done; done = all(by, names, 1) {
		if err := p.call(ctx, by); err != nil {
			return err
		}
	}
	clear(by)
	for range counted {
		if err := p.call(ctx, by); err != nil {
			return err
		}
	}
	if !all(by, names, counted/len(names)) {
		return fmt.Errorf("calls are answered by %v", by)
	}
	fmt.Fprint(p, "by the balancer's list, calls go to")
	for _, name := range names {
		fmt.Fprintf(p, "  %s %d", name, by[name])
	}
	fmt.Fprintln(p)
	return nil
}

// all reports whether each of these backends has answered at least n calls.
func all(by map[string]int, names []string, n int) bool {
	for _, name := range names {
		if by[name] < n {
			return false
		}
	}
	return true
}

// call makes one call and notes who has answered it.
func (p program) call(ctx context.Context, by map[string]int) error {
	answer, err := p.client.UnaryCall(ctx, &testpb.SimpleRequest{})
	if err == nil {
		by[answer.GetServerId()]++
	}
	return err
}

// meanwhile makes a call while the only backend of the newest list is starting.
func (p program) meanwhile(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	meanwhile := "calls go on by the last list"
	err := p.call(ctx, map[string]int{})
	if status.Code(err) == codes.DeadlineExceeded {
		meanwhile, err = "calls wait for it", nil
	}
	fmt.Fprintf(p, "while the next list's backend starts, %s\n", meanwhile)
	if err == nil && meanwhile != wantMeanwhile {
		err = fmt.Errorf("want: %s", wantMeanwhile)
	}
	return err
}
