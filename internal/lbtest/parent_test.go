package lbtest

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	_ "google.golang.org/grpc/balancer/pickfirst"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

// build makes a policy of gRPC's under a parent and resolves it to addrs.
func build(t *testing.T, policy string, addrs ...string) (*Parent, balancer.Balancer) {
	t.Helper()
	p := NewParent(t)
	b := balancer.Get(policy).Build(p, BuildOptions(NewMemory()))
	t.Cleanup(b.Close)
	var s resolver.State
	for _, addr := range addrs {
		a := resolver.Address{Addr: addr}
		s.Addresses = append(s.Addresses, a)
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{a}})
	}
	if err := b.UpdateClientConnState(balancer.ClientConnState{ResolverState: s}); err != nil {
		t.Fatal(err)
	}
	return p, b
}

func TestParent_DrivesAPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := build(t, "pick_first", "10.0.0.1:1")
		sc := p.SubConn(1)
		if sc.Number != 1 || sc.Address.Addr != "10.0.0.1:1" || sc.State() != connectivity.Idle {
			t.Errorf("the first SubConn is %v and %v", sc, sc.State())
		}
		sc.WaitConnects(1)
		if sc.Connects() != 1 || sc.Shut() {
			t.Errorf("%v: %d calls of Connect, want 1, and shut is %v", sc, sc.Connects(), sc.Shut())
		}
		sc.SetState(connectivity.Connecting)
		p.WaitState(connectivity.Connecting)
		if _, err := p.Pick(t.Context()); !errors.Is(err, balancer.ErrNoSubConnAvailable) {
			t.Errorf("picking while connecting: %v, want none available", err)
		}
		sc.SetState(connectivity.Ready)
		p.WaitState(connectivity.Ready)
		if got, err := p.Pick(t.Context()); got.SubConn != sc || err != nil {
			t.Errorf("picked %v, %v; want SubConn 1", got.SubConn, err)
		}
		sc.SetState(connectivity.Idle)
		p.WaitState(connectivity.Idle)
		var states []connectivity.State
		for _, u := range p.Updates() {
			states = append(states, u.ConnectivityState)
		}
		if len(states) != 3 {
			t.Errorf("updates %v, want three", states)
		}
	})
}

func TestParent_PassesConnectionErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := build(t, "pick_first", "10.0.0.1:1")
		sc := p.SubConn(1)
		sc.SetState(connectivity.Connecting)
		sc.SetState(connectivity.TransientFailure, errors.New("no route"))
		p.WaitState(connectivity.TransientFailure)
		if _, err := p.Pick(t.Context()); err == nil || !strings.Contains(err.Error(), "no route") {
			t.Errorf("picking: %v, want no route", err)
		}
		if sc.State() != connectivity.TransientFailure {
			t.Errorf("SubConn is %v", sc.State())
		}
	})
}

func TestParent_HealthIsForTheTestToTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := build(t, "round_robin", "10.0.0.1:1", "10.0.0.2:1")
		for n := 1; n <= 2; n++ {
			sc := p.SubConn(n)
			sc.WaitConnects(1)
			sc.SetState(connectivity.Connecting)
			if sc.SetHealth(connectivity.Ready) {
				t.Error("a health listener before READY")
			}
			sc.SetState(connectivity.Ready)
			if !sc.SetHealth(connectivity.Ready) {
				t.Error("no health listener")
			}
		}
		p.WaitState(connectivity.Ready)
		got := make(map[int]int)
		for range 10 {
			r, err := p.Pick(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got[r.SubConn.(*SubConn).Number]++
		}
		if got[1] != 5 || got[2] != 5 {
			t.Errorf("picks by SubConn %v, want 5 of each", got)
		}
		b.Close()
		for _, sc := range p.SubConns() {
			sc.WaitShut()
			if !sc.Shut() {
				t.Errorf("%v is not shut down", sc)
			}
		}
	})
}

func TestParent_RefusesSubConnsOnDemand(t *testing.T) {
	p := NewParent(t)
	opts := balancer.NewSubConnOptions{StateListener: func(balancer.SubConnState) {}}
	no := errors.New("no")
	p.Refuse(no)
	addrs := []resolver.Address{{Addr: "10.0.0.1:1"}}
	if sc, err := p.NewSubConn(addrs, opts); sc != nil || err != no {
		t.Errorf("NewSubConn returned %v, %v; want no", sc, err)
	}
	p.Refuse(nil)
	sc, err := p.NewSubConn(addrs, opts)
	if err != nil || sc.(*SubConn).Number != 1 {
		t.Errorf("NewSubConn returned %v, %v; want SubConn 1", sc, err)
	}
	if n := len(p.SubConns()); n != 1 {
		t.Errorf("%d SubConns, want 1", n)
	}
}

// SetState runs the listener on the caller's goroutine: it has run when
// SetState returns, and no synchronisation is needed to see what it did.
func TestSubConn_SetStateIsSynchronous(t *testing.T) {
	p := NewParent(t)
	var got []balancer.SubConnState
	made, err := p.NewSubConn([]resolver.Address{{Addr: "10.0.0.1:1"}}, balancer.NewSubConnOptions{
		StateListener: func(s balancer.SubConnState) { got = append(got, s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	lost := errors.New("lost")
	sc := made.(*SubConn)
	sc.SetState(connectivity.Connecting)
	sc.SetState(connectivity.TransientFailure, lost)
	want := []balancer.SubConnState{
		{ConnectivityState: connectivity.Connecting},
		{ConnectivityState: connectivity.TransientFailure, ConnectionError: lost},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("the listener heard %v, want %v", got, want)
	}
}

func TestParent_PickBeforeTheFirstUpdate(t *testing.T) {
	if _, err := NewParent(t).Pick(context.Background()); !errors.Is(err, balancer.ErrNoSubConnAvailable) {
		t.Errorf("picking: %v, want none available", err)
	}
}

func TestParent_CountsResolveNow(t *testing.T) {
	p := NewParent(t)
	for want := range 3 {
		if got := p.Resolves(); got != want {
			t.Errorf("asked to resolve %d times, want %d", got, want)
		}
		p.ResolveNow(resolver.ResolveNowOptions{})
	}
}

// A policy may ask for these and gets what a channel to Service would have.
func TestParent_AnswersWhatGRPCWould(t *testing.T) {
	p, o := NewParent(t), BuildOptions(NewMemory())
	if p.MetricsRecorder() == nil {
		t.Error("no metrics recorder")
	}
	if o.Target.Endpoint() != Service || o.Target.String() != p.Target() {
		t.Errorf("targets %q and %q, want both to be %s", o.Target.String(), p.Target(), Service)
	}
	if _, err := o.Dialer(t.Context(), "10.0.0.1:1"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the dialer: %v, want the network's refusal", err)
	}
}

func TestParent_WaitsAreForTenSeconds(t *testing.T) {
	for _, test := range []struct {
		want string
		wait func(*Parent, *SubConn)
	}{
		{"an update to READY", func(p *Parent, _ *SubConn) { p.WaitState(connectivity.Ready) }},
		{"SubConn 2", func(p *Parent, _ *SubConn) { p.SubConn(2) }},
		{"Connect number 1", func(_ *Parent, sc *SubConn) { sc.WaitConnects(1) }},
		{"Shutdown", func(_ *Parent, sc *SubConn) { sc.WaitShut() }},
	} {
		t.Run(test.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJudge(t)
				p := NewParent(j)
				sc := newSubConn(j, 1, nil, balancer.NewSubConnOptions{})
				begin := time.Now()
				wrong := j.verdict(func() { test.wait(p, sc) })
				if len(wrong) != 1 || !strings.Contains(wrong[0], test.want) {
					t.Errorf("said %q, want that it waited for %s", wrong, test.want)
				}
				if waited := time.Since(begin); waited != 10*time.Second {
					t.Errorf("waited %v, want 10s", waited)
				}
			})
		})
	}
}

func TestParent_WaitStateSeesWhatComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begin := NewParent(t), time.Now()
		for i, s := range []connectivity.State{connectivity.Connecting, connectivity.Ready} {
			time.AfterFunc(time.Duration(i+1)*time.Second, func() {
				p.UpdateState(balancer.State{ConnectivityState: s})
			})
		}
		if got := p.WaitState(connectivity.Ready); got.ConnectivityState != connectivity.Ready {
			t.Errorf("waited for READY and got %v", got.ConnectivityState)
		}
		if waited := time.Since(begin); waited != 2*time.Second {
			t.Errorf("waited %v, want 2s", waited)
		}
	})
}

// What state.deprecated rules out, the parent does not let pass.
func TestParent_DeprecatedUseFailsTheTest(t *testing.T) {
	listener := func(balancer.SubConnState) {}
	one := []resolver.Address{{Addr: "10.0.0.1:1"}}
	for _, test := range []struct {
		name string
		use  func(*Parent, *SubConn)
	}{
		{"two addresses", func(p *Parent, _ *SubConn) {
			p.NewSubConn(append(one, one...), balancer.NewSubConnOptions{StateListener: listener})
		}},
		{"no listener", func(p *Parent, _ *SubConn) { p.NewSubConn(one, balancer.NewSubConnOptions{}) }},
		{"RemoveSubConn", func(p *Parent, sc *SubConn) { p.RemoveSubConn(sc) }},
		{"UpdateAddresses", func(p *Parent, sc *SubConn) { p.UpdateAddresses(sc, one) }},
		{"SubConn.UpdateAddresses", func(_ *Parent, sc *SubConn) { sc.UpdateAddresses(one) }},
		{"Connect after Shutdown", func(_ *Parent, sc *SubConn) {
			sc.Shutdown()
			sc.Connect()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := newJudge(t)
			p := NewParent(j)
			sc := newSubConn(j, 1, one, balancer.NewSubConnOptions{StateListener: listener})
			if wrong := j.verdict(func() { test.use(p, sc) }); len(wrong) != 1 {
				t.Errorf("said %q, want one complaint", wrong)
			}
		})
	}
}
