package rrgroup

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/lazy"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/hosted"
)

// A lazyBuilder builds a child that connects when a call is picked and not
// before, as ring_hash does.
type lazyBuilder struct{}

func (lazyBuilder) Name() string { return "lazy" }

func (lazyBuilder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	return sleeper{lazy.NewBalancer(cc, o, balancer.Get("pick_first").Build)}
}

// A sleeper does not leave its idle state when it is told to.
type sleeper struct{ balancer.Balancer }

func (sleeper) ExitIdle() {}

func lazyChild() *hosted.Child { return &hosted.Child{Builder: lazyBuilder{}} }

// A child that waits for calls gets them, if nothing else does.
func TestConfig_ChildLazy(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a").with(lazyChild()))
		want(t, "state", f.state(), connectivity.Connecting)
		want(t, "SubConns before a call", len(f.SubConns()), 0)
		want(t, "pick", f.pick(), "wait")
		synctest.Wait()
		want(t, "SubConns that connect", f.connecting(), 1)
		f.up("a")
		want(t, "pick", f.pick(), "a")
		want(t, "time", time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), 0)
	})
}

// As long as others get the calls, it is shown them, and connects.
func TestHandover_MakeBeforeBreakLazy(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b").with(lazyChild()))
		want(t, "SubConns before a call", len(f.SubConns()), 1)
		want(t, "pick before", f.pick(), "a")
		synctest.Wait()
		f.up("b")
		want(t, "pick after", f.pick(), "b")
		f.adopt(list("c").with(lazyChild()))
		want(t, "pick before", f.pick(), "b")
		synctest.Wait()
		f.up("c")
		want(t, "pick after", f.pick(), "c")
	})
}

// A stubborn says IDLE whatever it is told, and each time anew.
type stubborn struct {
	balancer.Balancer
	cc    balancer.ClientConn
	woken *int
}

func (s stubborn) say() {
	s.cc.UpdateState(balancer.State{ConnectivityState: connectivity.Idle, Picker: hosted.Blocked{}})
}

func (s stubborn) UpdateClientConnState(balancer.ClientConnState) error { s.say(); return nil }
func (s stubborn) Close()                                               {}
func (s stubborn) ExitIdle()                                            { *s.woken++; s.say() }

type stubbornBuilder struct{ woken *int }

func (stubbornBuilder) Name() string { return "stubborn" }

func (b stubbornBuilder) Build(cc balancer.ClientConn, _ balancer.BuildOptions) balancer.Balancer {
	return stubborn{cc: cc, woken: b.woken}
}

// A child that won't wake is not shaken for ever.
func TestConfig_ChildStubborn(t *testing.T) {
	var woken int
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b").with(&hosted.Child{Builder: stubbornBuilder{&woken}}))
		want(t, "pick", f.pick(), "a")
		time.Sleep(time.Hour)
		want(t, "pick after the handover timeout", f.pick(), "wait")
	})
	want(t, "times that it was woken", woken, 1)
}

// What pick_first has tried and given up goes when its picker is out, and does
// not wait for the next list.
func TestHandover_LingerChildGivesUp(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b").with(pickFirst()))
		a := f.conn("a")
		f.each([]string{"a"}, connectivity.Connecting)
		f.each([]string{"a"}, connectivity.TransientFailure, errors.New("no route to a"))
		f.up("b")
		want(t, "pick", f.pick(), "b")
		want(t, "the one that failed is shut", a.Shut(), true)
		call, _ := f.hold()
		f.each([]string{"b"}, connectivity.Idle)
		f.up("a")
		want(t, "pick", f.pick(), "a")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want(t, "SubConns", f.group.Stats().SubConns, 1)
		call.Done(answer)
	})
}

// The child has gone over to a new list, and one of the old list's connections
// is lost: its picker goes on picking it, and calls go to the other.
func TestHandover_MakeBeforeBreakChildLosesOne(t *testing.T) {
	child := newTurning("turning")
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "a:x a:y b").with(child.child()))
		f.up("a", "b")
		f.adopt(from(1, "c").with(child.child()))
		f.each([]string{"b"}, connectivity.Idle)
		want(t, "picks", f.picks(4), "a a a a")
		want(t, "report", f.count(1), "started 4 finished 4 unsent 0 received 4 dropped []")
		want(t, "attempts to connect the lost one again", f.conn("b").Connects(), 1)
		f.up("c")
		want(t, "picks", f.picks(2), "c c")
	})
}
