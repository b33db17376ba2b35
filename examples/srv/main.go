// Srv shows how a channel finds its balancer by DNS, in one process: a target
// of the scheme grpclb and nothing else tells it where to look. The DNS server is
// a scripted one on loopback. The balancer moves, and then goes away for good,
// and DNS is all that is told about it, while one call after the other is made.
//
// Every call has to be answered, and from each step on by the servers that the
// step says. Anything else ends the program with exit code 1.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/lbresolver"
)

const (
	// timeLimit bounds the whole program, which takes less than a second.
	timeLimit = 20 * time.Second
	// pause is the time between two calls.
	pause = 5 * time.Millisecond
	// counted is how many calls are counted in each step, when it has taken effect.
	counted = 20
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "srv:", err)
		os.Exit(1)
	}
}

// run takes the steps and reports the first call that is not as expected.
func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	servers, err := startSite()
	if err != nil {
		return err
	}
	defer servers.stop()
	cc, err := dial(servers)
	if err != nil {
		return err
	}
	defer cc.Close()

	calls := &caller{client: testpb.NewTestServiceClient(cc)}
	for _, s := range steps() {
		if err := s.deed(servers); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		by, err := calls.count(ctx, s.servers)
		if err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		fmt.Fprintf(w, "%-44s", s.what)
		for _, name := range s.servers {
			fmt.Fprintf(w, "  %s %2d", name, by[name])
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nsrv: ok (%d calls, none failed)\n", calls.made)
	return nil
}

// dial makes the channel. The parameter dns is there because the system's DNS
// server does not know the example's names; and the resolver is one that may look
// for balancers again sooner than after 30 s, so that the example is quick. A
// program in the field imports lbresolver and dials "grpclb:///" + service.
func dial(s *site) (*grpc.ClientConn, error) {
	return grpc.NewClient("grpclb:///"+s.service+"?dns="+s.dns.Addr(),
		grpc.WithResolvers(lbresolver.NewBuilder(lbresolver.WithMinInterval(100*time.Millisecond))),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// A step changes something, and has calls go to other servers.
type step struct {
	what    string
	deed    func(*site) error
	servers []string // that answer from then on
}

func steps() []step {
	return []step{
		{"SRV record: lb-1.example.com", func(*site) error { return nil }, []string{"a", "b"}},
		{"the balancer moves: lb-2.example.com", (*site).move, []string{"c", "d"}},
		{"no SRV record: the service's own address", (*site).remove, []string{"fallback"}},
	}
}

// A caller makes calls, one after the other.
type caller struct {
	client testpb.TestServiceClient
	made   int
}

// count makes calls until each of these servers has answered one, and then counts
// who answers the next ones. After the first answer of one of them nobody else may.
func (c *caller) count(ctx context.Context, servers []string) (map[string]int, error) {
	allowed := map[string]bool{}
	for _, name := range servers {
		allowed[name] = true
	}
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	by, seen := map[string]int{}, map[string]bool{}
	for n := 0; n < counted; <-ticker.C {
		answer, err := c.client.UnaryCall(ctx, &testpb.SimpleRequest{})
		if err != nil {
			return nil, fmt.Errorf("a call failed: %w", err)
		}
		c.made++
		name := answer.GetServerId()
		switch {
		case allowed[name] && len(seen) == len(servers):
			by[name]++
			n++
		case allowed[name]:
			seen[name] = true
		case len(seen) > 0:
			return nil, fmt.Errorf("a call was answered by %s, after one by the new servers", name)
		}
	}
	return by, nil
}
