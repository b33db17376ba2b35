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

// A lazyBuilder builds a child that connects only when a call is picked, as ring_hash
// does.
type lazyBuilder struct{}

func (lazyBuilder) Name() string { return "lazy" }

func (lazyBuilder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	return sleeper{lazy.NewBalancer(cc, o, balancer.Get("pick_first").Build)}
}

// A sleeper stays IDLE when it is told to leave that state.
type sleeper struct{ balancer.Balancer }

func (sleeper) ExitIdle() {}

func lazyChild() *hosted.Child { return &hosted.Child{Builder: lazyBuilder{}} }

// A child that connects only when it gets calls gets the calls that would wait otherwise.
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

// While the old list serves the calls, the new list's child is shown them, so that it
// connects.
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

// A stubborn child publishes IDLE at every order, each time with a new picker.
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

// A child that stays IDLE is not told to wake without end.
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

// SubConns that pick_first has tried and shut down are let go when its picker is
// published, and not only when the next list comes.
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

// The child has a new list, and loses a connection of the old list. Its old picker still
// picks that connection; the calls go to the other one.
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
