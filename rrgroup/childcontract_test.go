package rrgroup

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// A scripted child does what the test tells it, on the goroutine that calls it, and notes
// what it is told.
type scripted struct {
	update func(*scripted, resolver.State) error // at each update; nil: nothing
	cc     balancer.ClientConn
	heard  []string
}

func (*scripted) Name() string { return "scripted" }

func (s *scripted) Build(cc balancer.ClientConn, _ balancer.BuildOptions) balancer.Balancer {
	s.cc = cc
	return s
}

func (s *scripted) UpdateClientConnState(c balancer.ClientConnState) error {
	if s.update == nil {
		return nil
	}
	return s.update(s, c.ResolverState)
}

func (s *scripted) ResolverError(error) {}
func (s *scripted) ExitIdle()           { s.note("ExitIdle") }
func (s *scripted) Close()              { s.note("Close") }

// UpdateSubConnState gets the reports on SubConns without a listener.
func (s *scripted) UpdateSubConnState(sc balancer.SubConn, state balancer.SubConnState) {
	s.note(fmt.Sprintf("%v by UpdateSubConnState", state.ConnectivityState))
}

func (s *scripted) note(what string) { s.heard = append(s.heard, what) }

// took returns what was noted since the last call of took.
func (s *scripted) took() string {
	heard := strings.Join(s.heard, ", ")
	s.heard = nil
	return heard
}

// make makes a connection to the address of a letter, whose states are noted under the
// letter.
func (s *scripted) make(letter string) balancer.SubConn {
	//lint:ignore SA1019 it is deprecated for several addresses
	sc, err := s.cc.NewSubConn([]resolver.Address{{Addr: address(letter)}}, balancer.NewSubConnOptions{
		StateListener: func(state balancer.SubConnState) { s.note(letter + " " + state.ConnectivityState.String()) },
	})
	if err != nil {
		s.note("no " + letter + ": " + err.Error())
	}
	return sc
}

func (s *scripted) says(state connectivity.State, picker balancer.Picker) {
	s.cc.UpdateState(balancer.State{ConnectivityState: state, Picker: picker})
	synctest.Wait()
}

// hostingIn is inBubble for a group whose list has this child.
func hostingIn(t *testing.T, plan *Plan, test func(*fixture, *scripted)) {
	t.Helper()
	s := &scripted{}
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(plan.with(&hosted.Child{Builder: s}))
		test(f, s)
	})
}

// If a child publishes a state without a picker, calls wait, whatever the state is.
func TestState_ChildContract_NilPicker(t *testing.T) {
	for _, state := range []connectivity.State{connectivity.Connecting, connectivity.Idle, connectivity.Ready, connectivity.TransientFailure} {
		hostingIn(t, list("a"), func(f *fixture, s *scripted) {
			s.says(state, nil)
			want(t, "pick in "+state.String(), f.pick(), "wait")
		})
	}
}

// If a child's picker returns no connection, or one that is not ours, the call waits for
// the next picker, as in gRPC. If the channel is in TRANSIENT_FAILURE, the call fails.
func TestState_ChildContract_PicksOfNobody(t *testing.T) {
	for _, nobody := range []balancer.SubConn{nil, &connection{}, uncomparable{}} {
		hostingIn(t, list("a"), func(f *fixture, s *scripted) {
			picker := fixed{balancer.PickResult{SubConn: nobody}}
			s.says(connectivity.Ready, picker)
			want(t, "pick while READY", f.pick(), "wait")
			s.says(connectivity.TransientFailure, picker)
			if got := f.pick(); !strings.Contains(got, "no backend is READY") {
				t.Errorf("pick of %T in TRANSIENT_FAILURE: %s", nobody, got)
			}
		})
	}
}

// An uncomparable is a SubConn that can't be a key of a map.
type uncomparable struct {
	balancer.SubConn
	_ []int
}

// A fixed picker always returns the same.
type fixed struct{ balancer.PickResult }

func (p fixed) Pick(balancer.PickInfo) (balancer.PickResult, error) { return p.PickResult, nil }

// If the child's picker has a call wait, it waits, also in TRANSIENT_FAILURE.
func TestState_ChildContract_WaitsInFailure(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		s.says(connectivity.TransientFailure, hosted.Blocked{})
		want(t, "pick", f.pick(), "wait")
		s.says(connectivity.Connecting, hosted.Blocked{}) // which is not shown: see state.sticky
		if got := f.pick(); !strings.Contains(got, "no backend is READY") {
			t.Errorf("pick after that: %s", got)
		}
	})
}

// A connection reports the states that gRPC's SubConn reports, and nothing after SHUTDOWN.
func TestState_ChildContract_SubConn(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		sc := s.make("a")
		want(t, "heard before Connect", s.took(), "")
		sc.Connect()
		f.each([]string{"a"}, connectivity.Connecting)
		f.up("a")
		want(t, "heard", s.took(), "a CONNECTING, a READY")
		f.each([]string{"a"}, connectivity.Idle)
		want(t, "heard when it is lost", s.took(), "a IDLE")
		sc.Shutdown()
		sc.Shutdown()
		sc.Connect()
		synctest.Wait()
		want(t, "heard after Shutdown", s.took(), "a SHUTDOWN")
	})
}

// If a child makes a connection over a SubConn that is in use, it hears the states that it
// would hear of a new SubConn.
func TestState_ChildContract_SubConnCatchesUp(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		s.make("a").Connect()
		synctest.Wait()
		f.up("a")
		s.took()
		again := s.make("a")
		synctest.Wait()
		want(t, "heard before Connect", s.took(), "")
		again.Connect()
		synctest.Wait()
		want(t, "heard", s.took(), "a CONNECTING, a READY")
		want(t, "SubConns", len(f.SubConns()), 1)
	})
}

// If a connection has no listener, the policy's UpdateSubConnState is called.
func TestState_ChildContract_NoListener(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		//lint:ignore SA1019 it is deprecated for several addresses
		sc, err := s.cc.NewSubConn([]resolver.Address{{Addr: address("a")}}, balancer.NewSubConnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sc.Connect()
		synctest.Wait()
		f.up("a")
		want(t, "heard", s.took(), "READY by UpdateSubConnState")
	})
}

// If gRPC refuses to make a SubConn, the child gets that error. A connection to more than
// one address is refused.
func TestState_ChildContract_NoSubConn(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		f.Refuse(errors.New("closing"))
		s.make("a")
		want(t, "heard", s.took(), "no a: closing")
		f.Refuse(nil)
		s.make("a")
		want(t, "heard after that", s.took(), "")
		for _, addresses := range [][]resolver.Address{nil, {{Addr: "1"}, {Addr: "2"}}} {
			//lint:ignore SA1019 it is deprecated for several addresses
			if _, err := s.cc.NewSubConn(addresses, balancer.NewSubConnOptions{}); err == nil {
				t.Errorf("a SubConn for %v", addresses)
			}
		}
	})
}

// A closed child hears nothing any more, and what it publishes is ignored.
func TestState_ChildContract_AfterClose(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		sc := s.make("a")
		f.adopt(list("b"))
		f.up("b")
		want(t, "heard", s.took(), "Close")
		s.make("a")
		want(t, "heard", s.took(), "no a: "+"grpclb: the child policy is closed, and gets no more SubConns")
		s.says(connectivity.TransientFailure, hosted.Blocked{})
		sc.Connect()
		sc.RegisterHealthListener(func(balancer.SubConnState) { t.Error("a health report") })
		sc.Shutdown()
		synctest.Wait()
		want(t, "pick", f.pick(), "b")
		want(t, "heard", s.took(), "")
		f.actors.Stop()
		s.make("a")
		want(t, "heard when all is over", s.took(), "no a: "+"grpclb: the child policy is closed, and gets no more SubConns")
	})
}

// HealthCheckEnabled of a child counts in fallback, and for a list that is to be checked.
// A SubConn with health checks is another one.
func TestState_ChildContract_HealthCheckEnabled(t *testing.T) {
	checked := list("a")
	checked.CheckHealth = true
	for name, c := range map[string]struct {
		plan *Plan
		want string
	}{"list": {list("a"), "[false]"}, "checked list": {checked, "[false true]"}, "fallback": {fallback("a"), "[false true]"}} {
		t.Run(name, func(t *testing.T) {
			hostingIn(t, c.plan, func(f *fixture, s *scripted) {
				for _, health := range []bool{false, true} {
					//lint:ignore SA1019 it is deprecated for several addresses
					if _, err := s.cc.NewSubConn([]resolver.Address{{Addr: address("a")}}, balancer.NewSubConnOptions{HealthCheckEnabled: health}); err != nil {
						t.Error(err)
					}
				}
				var asked []bool
				for _, sc := range f.SubConns() {
					asked = append(asked, sc.Options.HealthCheckEnabled)
				}
				want(t, "SubConns by HealthCheckEnabled", fmt.Sprint(asked), c.want)
			})
		})
	}
}

// Several connections over one SubConn have health listeners. Each hears what gRPC says,
// until the state of its connection changes or another listener replaces it.
func TestState_ChildContract_HealthListeners(t *testing.T) {
	hostingIn(t, fallback("a"), func(f *fixture, s *scripted) {
		listen := func(sc balancer.SubConn, name string) {
			sc.RegisterHealthListener(func(state balancer.SubConnState) {
				s.note(name + " " + state.ConnectivityState.String())
			})
			synctest.Wait()
		}
		one, two := s.make("a"), s.make("a")
		listen(one, "too early")
		one.Connect()
		two.Connect()
		synctest.Wait()
		sc := f.SubConn(1)
		sc.SetState(connectivity.Ready)
		synctest.Wait()
		s.took()
		listen(one, "1")
		sc.SetHealth(connectivity.Connecting)
		synctest.Wait()
		want(t, "heard", s.took(), "1 CONNECTING")
		listen(two, "2")
		want(t, "heard by the second", s.took(), "2 CONNECTING")
		sc.SetHealth(connectivity.Ready)
		synctest.Wait()
		want(t, "heard", s.took(), "1 READY, 2 READY")
		listen(one, "3")
		want(t, "heard by one that replaces another", s.took(), "3 READY")
		two.RegisterHealthListener(nil)
		sc.SetHealth(connectivity.TransientFailure, errors.New("unwell"))
		synctest.Wait()
		want(t, "heard", s.took(), "3 TRANSIENT_FAILURE")
		sc.SetState(connectivity.Idle)
		synctest.Wait()
		s.took()
		want(t, "gRPC has a listener", sc.SetHealth(connectivity.Ready), false)
	})
}

// Backends of a list count as healthy, unless the list is to be checked.
func TestState_ChildContract_HealthOfLists(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		a := s.make("a")
		a.Connect()
		synctest.Wait()
		f.up("a")
		s.took()
		a.RegisterHealthListener(func(state balancer.SubConnState) { s.note("health " + state.ConnectivityState.String()) })
		synctest.Wait()
		want(t, "heard", s.took(), "health READY")
		want(t, "gRPC has a listener", f.SubConn(1).SetHealth(connectivity.TransientFailure), false)
	})
}

// Stats count each backend, whoever chooses.
func TestState_ChildContract_Stats(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b a").with(newTurning("turning").child()))
		f.up("a")
		s := f.group.Stats()
		want(t, "Backends", s.Backends, 2)
		want(t, "Ready", s.Ready, 1)
	})
}

// A child's picker is asked for calls of users, and for no others.
func TestState_ChildContract_PicksForCallsOnly(t *testing.T) {
	s, seen := &scripted{}, &seeing{}
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b").with(&hosted.Child{Builder: s}))
		s.says(connectivity.Idle, seen)
		want(t, "picks without a call", len(seen.methods), 0)
		want(t, "pick", f.pick(), "a")
		want(t, "methods that the child saw", fmt.Sprint(seen.methods), "[/grpc.testing.TestService/UnaryCall]")
		want(t, "picks given back", seen.unused, 1)
		s.says(connectivity.Connecting, seen)
		f.pick()
		want(t, "picks while it connects", len(seen.methods), 1)
	})
}

// A seeing picker notes the calls that it is asked for.
type seeing struct {
	methods []string
	unused  int
}

func (p *seeing) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	p.methods = append(p.methods, info.FullMethodName)
	return balancer.PickResult{Done: func(balancer.DoneInfo) { p.unused++ }}, nil
}
