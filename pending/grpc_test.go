package pending

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"
)

// A waitingPicker has each call wait, as the module's own pickers do.
type waitingPicker struct {
	gate  *Gate
	epoch uint64
}

func (p waitingPicker) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if err := p.gate.Park(info.Ctx, p.epoch); err != nil {
		return balancer.PickResult{}, err
	}
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// A waitingPolicy never has backends, and publishes what the test wants.
type waitingPolicy struct{}

func (waitingPolicy) UpdateClientConnState(balancer.ClientConnState) error       { return nil }
func (waitingPolicy) ResolverError(error)                                        {}
func (waitingPolicy) UpdateSubConnState(balancer.SubConn, balancer.SubConnState) {}
func (waitingPolicy) Close()                                                     {}
func (waitingPolicy) ExitIdle()                                                  {}

// A waitingBuilder hands each policy to the test that made its channel. Policies are
// registered in init functions and channels are made in bubbles, so there is one builder
// for all tests.
type waitingBuilder struct {
	built atomic.Pointer[chan balancer.ClientConn]
}

func (b *waitingBuilder) Name() string { return "pending_test" }

func (b *waitingBuilder) Build(cc balancer.ClientConn, _ balancer.BuildOptions) balancer.Balancer {
	*b.built.Load() <- cc
	return waitingPolicy{}
}

var builder waitingBuilder

func init() { balancer.Register(&builder) }

// dial makes a channel whose calls wait, and returns it with its policy.
func dial(t *testing.T) (*grpc.ClientConn, balancer.ClientConn) {
	built := make(chan balancer.ClientConn, 1)
	builder.built.Store(&built)
	r := manual.NewBuilderWithScheme("pending")
	r.InitialState(resolver.State{Addresses: []resolver.Address{{Addr: "10.0.0.1:1"}}})
	cc, err := grpc.NewClient("pending:///", grpc.WithResolvers(r),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"pending_test":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cc.Close() })
	cc.Connect()
	return cc, <-built
}

// Park relies on this: gRPC gives a call the same context at each pick, no two calls have
// the same context, and it is done when the call has ended.
func TestPick_PendingCallsOfGRPC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := start(t)
		cc, publisher := dial(t)
		publish := func(epoch uint64) {
			publisher.UpdateState(balancer.State{
				ConnectivityState: connectivity.Connecting, Picker: waitingPicker{q.Gate(), epoch},
			})
			synctest.Wait()
		}
		publish(1)

		// Two calls with the same context of the user, and a third one.
		shared, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		ended := make(chan error, 3)
		invoke := func(ctx context.Context) {
			ended <- cc.Invoke(ctx, "/pending.Test/Call", nil, nil)
		}
		go invoke(shared)
		go invoke(shared)
		synctest.Wait()
		time.Sleep(time.Second)
		other, cancelOther := newCall(t)
		go invoke(other)
		synctest.Wait()
		for epoch := uint64(2); epoch < 6; epoch++ {
			publish(epoch)
		}
		checkStats(t, q, Stats{Depth: 3, Oldest: time.Second, Parked: 3})

		// The limit applies to new calls only, and ends them at once.
		q.SetLimit(3)
		publish(6)
		err := cc.Invoke(t.Context(), "/pending.Test/Call", nil, nil, grpc.WaitForReady(true))
		if status.Code(err) != codes.ResourceExhausted {
			t.Errorf("a call above the limit ended with %v", err)
		}
		cancelOther()
		if err := <-ended; status.Code(err) != codes.Canceled {
			t.Errorf("the cancelled call ended with %v", err)
		}
		for range 2 {
			if err := <-ended; status.Code(err) != codes.DeadlineExceeded {
				t.Errorf("a call past its deadline ended with %v", err)
			}
		}
		synctest.Wait()
		checkStats(t, q, Stats{Parked: 3, Cancelled: 3, Refused: 1})
	})
}
