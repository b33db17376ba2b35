package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb"
	_ "github.com/actorlb/grpclb/lbresolver"
)

const (
	callers  = 3                    // of a client
	pause    = 4 * time.Millisecond // between two calls of a caller
	deadline = 2 * time.Second      // of a call
)

// An outcome is how a call ended.
type outcome struct {
	zone, server string // of the backend
	from         string // the client's zone
	err          error
}

// Clients call without a pause until they are closed.
type clients struct {
	channels []*grpc.ClientConn
	outcomes chan outcome // callers → tally
	cancel   context.CancelFunc
	running  sync.WaitGroup
	asks     chan chan tally // scenes → tally: what has happened since they asked last?
	done     chan struct{}   // tally → close
}

// A tally is what happened since the one before.
type tally struct {
	calls  int
	across int // calls that left the client's zone
	by     map[string]int
	failed map[string]map[string]int // backend → error → how often
}

func newTally() tally { return tally{by: map[string]int{}, failed: map[string]map[string]int{}} }

// startClients starts a client in each zone. They know both replicas.
func startClients(zones []string, replicas []*replica) (*clients, error) {
	ctx, cancel := context.WithCancel(context.Background())
	c := &clients{outcomes: make(chan outcome), cancel: cancel, asks: make(chan chan tally), done: make(chan struct{})}
	target := fmt.Sprintf("grpclb://%s/%s?balancer=%s&fallback=off&config=off", replicas[0].listen, service, replicas[1].listen)
	for _, zone := range zones {
		policy := "grpclb_" + zone
		balancer.Register(grpclb.NewBuilder(grpclb.WithName(policy), grpclb.WithBalancerHeaders("grpclb-zone", zone)))
		cc, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultServiceConfig(fmt.Sprintf(`{"loadBalancingConfig":[{%q:{}}]}`, policy)))
		if err != nil {
			cancel()
			return nil, err
		}
		c.channels = append(c.channels, cc)
		for range callers {
			c.running.Go(func() { c.call(ctx, cc, zone) })
		}
	}
	go c.count()
	return c, nil
}

// call makes one call after the other.
func (c *clients) call(ctx context.Context, cc *grpc.ClientConn, zone string) {
	stub := testpb.NewTestServiceClient(cc)
	ticks := time.NewTicker(pause)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			c.outcomes <- one(stub, zone)
		case <-ctx.Done():
			return
		}
	}
}

// one makes one call. It is not cut short at the end.
func one(stub testpb.TestServiceClient, zone string) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	var p peer.Peer
	response, err := stub.UnaryCall(ctx, &testpb.SimpleRequest{}, grpc.WaitForReady(true), grpc.Peer(&p))
	o := outcome{zone: response.GetUsername(), server: response.GetServerId(), from: zone, err: err}
	if o.server == "" && p.Addr != nil {
		o.server = p.Addr.String()
	}
	return o
}

// count owns the tally.
func (c *clients) count() {
	defer close(c.done)
	t := newTally()
	for {
		select {
		case o, more := <-c.outcomes:
			if !more {
				return
			}
			t.add(o)
		case reply := <-c.asks:
			reply <- t
			t = newTally()
		}
	}
}

func (t *tally) add(o outcome) {
	t.calls++
	if o.err == nil {
		t.by[o.server]++
		if o.zone != o.from {
			t.across++
		}
		return
	}
	if t.failed[o.server] == nil {
		t.failed[o.server] = map[string]int{}
	}
	t.failed[o.server][o.err.Error()]++
}

// since returns what has happened since it was called last.
func (c *clients) since() tally {
	reply := make(chan tally, 1)
	c.asks <- reply
	return <-reply
}

// unexpected returns an error that lists failed calls, but for those to a backend that hangs.
func (t tally) unexpected(hanging string) error {
	var lines []string
	for server, errors := range t.failed {
		if server == hanging && hanging != "" {
			continue
		}
		for text, n := range errors {
			lines = append(lines, fmt.Sprintf("%d calls to %q failed: %s", n, server, text))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("unexpected: %s", strings.Join(slices.Sorted(slices.Values(lines)), "; "))
}

// failures counts the failed calls.
func (t tally) failures() (n int) {
	for errors := range maps.Values(t.failed) {
		for _, times := range errors {
			n += times
		}
	}
	return n
}

// close returns when the last call has ended.
func (c *clients) close() {
	c.cancel()
	c.running.Wait()
	close(c.outcomes)
	<-c.done
	for _, cc := range c.channels {
		_ = cc.Close()
	}
}
