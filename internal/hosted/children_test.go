package hosted

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer/grpclb/state"
	_ "google.golang.org/grpc/balancer/leastrequest"
	_ "google.golang.org/grpc/balancer/randomsubsetting"
	_ "google.golang.org/grpc/health"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	_ "google.golang.org/grpc/xds" // registers outlier_detection, priority and weighted_target

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// children are gRPC's policies, as children of this one.
var children = map[string]string{
	"none":          ``,
	"pick_first":    `"childPolicy":[{"pick_first":{"shuffleAddressList":true}}],`,
	"round_robin":   `"childPolicy":[{"round_robin":{}}],`,
	"least_request": `"childPolicy":[{"least_request_experimental":{"choiceCount":2}}],`,
	"ring_hash":     `"childPolicy":[{"ring_hash_experimental":{"requestHashHeader":"key"}}],`,
	"weighted_round_robin": `"childPolicy":[{"weighted_round_robin":{"enableOobLoadReport":true,` +
		`"oobReportingPeriod":"0.01s","weightUpdatePeriod":"0.1s","blackoutPeriod":"0s"}}],`,
	"random_subsetting": `"childPolicy":[{"random_subsetting_experimental":{"subsetSize":2,"childPolicy":[{"round_robin":{}}]}}],`,
	"outlier_detection": `"childPolicy":[{"outlier_detection_experimental":{"interval":"0.02s",` +
		`"failurePercentageEjection":{"enforcementPercentage":10},"childPolicy":[{"round_robin":{}}]}}],`,
	"outlier_detection_of_ring_hash": `"childPolicy":[{"outlier_detection_experimental":{"interval":"0.02s",` +
		`"successRateEjection":{},"childPolicy":[{"ring_hash_experimental":{"requestHashHeader":"key"}}]}}],`,
}

// A street is a balancer and backends at real sockets, with lists that change all
// the time.
type street struct {
	*testing.T
	network  lbtest.Network
	backends []*lbtest.Backend
	balancer *lbserver.Balancer
	address  string
	changes  int
}

func newStreet(t *testing.T) *street {
	w := &street{T: t, network: lbtest.NewLoopback(), balancer: lbserver.New(lbserver.Options{ReportInterval: 100 * time.Millisecond})}
	for i := range 5 {
		w.backends = append(w.backends, lbtest.NewBackend(t, w.network, i+1))
	}
	w.change()
	l, err := w.network.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	w.address = l.Addr().String()
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	w.balancer.Register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() { w.balancer.Close(); s.Stop(); <-served })
	return w
}

// change gives everybody another list, or sends them to the fallback addresses.
func (w *street) change() {
	w.changes++
	if w.changes%7 == 0 {
		if err := w.balancer.Fallback(lbtest.Service); err != nil {
			w.Error(err)
		}
		return
	}
	var servers []lbserver.Server
	for i := range 1 + w.changes%3 {
		servers = append(servers, lbserver.Server{Address: w.backends[(w.changes+i)%4].Addr(), Token: fmt.Sprint(w.changes)})
	}
	if err := w.balancer.SetServers(lbtest.Service, servers); err != nil {
		w.Error(err)
	}
}

// open opens a channel that knows the balancer, and two endpoints to fall back to,
// one of which has two addresses.
func (w *street) open(child string) *lbtest.Channel {
	ch := lbtest.NewChannel(w.T, w.network, "", grpc.WithDefaultServiceConfig(fmt.Sprintf(
		`{"loadBalancingConfig":[{"grpclb":{%s"backendHealthCheck":"all","subConnLinger":"0.01s"}}],"healthCheckConfig":{"serviceName":"any"}}`, child)))
	err := ch.Push(state.Set(resolver.State{Endpoints: []resolver.Endpoint{
		{Addresses: []resolver.Address{w.backends[4].Address(), w.backends[3].Address()}},
		{Addresses: []resolver.Address{w.backends[0].Address()}},
	}}, &state.State{BalancerAddresses: []resolver.Address{{Addr: w.address}}}))
	if err != nil {
		w.Errorf("the first update: %v", err)
	}
	return ch
}

// use makes calls from several goroutines, all of which have to be answered, and
// closes the channel in the middle of some more.
func (w *street) use(ch *lbtest.Channel) {
	var callers sync.WaitGroup
	for range 3 {
		callers.Go(func() {
			for range 4 {
				if err := w.call(ch); err != nil {
					w.Errorf("a call: %v", err)
				}
			}
		})
	}
	callers.Wait()
	for range 2 {
		callers.Go(func() { _ = w.call(ch) }) // it may fail, but not hang
	}
	ch.Close()
	callers.Wait()
}

func (w *street) call(ch *lbtest.Channel) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "key", fmt.Sprint(rand.Uint64()))
	_, err := ch.Unary(ctx, grpc.WaitForReady(true))
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		w.Errorf("a call hangs: %v", err)
	}
	return err
}

// With each child, a hundred channels are opened, used and closed while lists
// change, and a hundred are closed as soon as they are opened.
func TestState_ChildContract_Sockets(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(children)) {
		t.Run(name, func(t *testing.T) {
			w := newStreet(t)
			var channels sync.WaitGroup
			for range 10 {
				channels.Go(func() {
					for range 10 {
						w.use(w.open(children[name]))
						w.open(children[name]).Close()
					}
				})
			}
			over := make(chan struct{})
			go func() { channels.Wait(); close(over) }()
			for tick := time.NewTicker(5 * time.Millisecond); ; {
				select {
				case <-tick.C:
					w.change()
				case <-over:
					tick.Stop()
					return
				}
			}
		})
	}
}
