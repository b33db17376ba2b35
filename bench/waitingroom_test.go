package bench

import (
	"context"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A waitingRoom is a channel in which calls can wait.
type waitingRoom struct {
	*parent
	offer    atomic.Pointer[offer]
	wakes    atomic.Int64
	needless atomic.Int64   // offers that are not READY
	picked   sync.WaitGroup // calls that wait
	door     chan struct{}  // closed when calls may ask for a picker
	answer   chan struct{}  // closed when calls that were picked may end
	over     sync.WaitGroup
}

// An offer is the latest picker, nil if there was none.
type offer struct {
	picker balancer.Picker
	stale  chan struct{} // closed when there is a newer one
}

func newWaitingRoom(p *parent, calls int) *waitingRoom {
	r := &waitingRoom{parent: p, door: make(chan struct{}), answer: make(chan struct{})}
	r.offer.Store(&offer{stale: make(chan struct{})})
	r.picked.Add(calls)
	return r
}

func (r *waitingRoom) UpdateState(s balancer.State) {
	if s.ConnectivityState != connectivity.Ready {
		r.needless.Add(1)
	}
	old := r.offer.Swap(&offer{s.Picker, make(chan struct{})})
	close(old.stale)
	r.parent.UpdateState(s)
}

// enter starts n calls, which wait before the door.
func (r *waitingRoom) enter(n int) {
	for range n {
		r.over.Go(func() {
			// gRPC's contexts have values on top of what cancels them.
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			ctx = context.WithValue(ctx, callKey{}, r)
			<-r.door
			r.call(ctx)
		})
	}
}

type callKey struct{}

// call asks pickers until one sends it somewhere, and waits for the answer.
func (r *waitingRoom) call(ctx context.Context) {
	info := balancer.PickInfo{FullMethodName: callInfo.FullMethodName, Ctx: ctx}
	for {
		o := r.offer.Load()
		if o.picker != nil {
			result, err := o.picker.Pick(info)
			if err == nil {
				r.picked.Done()
				<-r.answer
				if result.Done != nil {
					result.Done(callDone)
				}
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-o.stale:
		}
		r.wakes.Add(1)
	}
}
