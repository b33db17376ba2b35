package rrgroup

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/tokens"
)

var tenSeconds = Settings{Linger: 10 * time.Second, Handover: 10 * time.Second}

// A fixture is a group in a bubble. The test plays gRPC.
type fixture struct {
	*lbtest.Parent
	t        *testing.T
	group    *Group
	actors   *actor.Group
	parked   []uint64 // epochs of the calls that were parked
	released chan uint64
}

// inBubble runs test with a group that has no plan yet.
func inBubble(t *testing.T, settings Settings, test func(*fixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{Parent: lbtest.NewParent(t), t: t, actors: actor.NewGroup(), released: make(chan uint64, 1000)}
		f.group = Start(f.actors, Options{Parent: f, Gate: f, Queue: f, Settings: settings})
		synctest.Wait()
		want(t, "states before a plan", len(f.Updates()), 0)
		f.UpdateState(f.group.First()) // as whoever adopts the first plan does
		test(f)
		f.actors.Stop()
		for _, sc := range f.SubConns() {
			if !sc.Shut() {
				t.Errorf("%v is not shut down after the end", sc)
			}
		}
	})
}

// Park and Released make the fixture the queue of waiting calls.
func (f *fixture) Park(_ context.Context, epoch uint64) error {
	f.parked = append(f.parked, epoch)
	return nil
}

func (f *fixture) Released(epoch uint64) { f.released <- epoch }

// adopt has the group adopt a plan, and waits until it has.
func (f *fixture) adopt(plan *Plan) {
	f.group.Adopt(plan)
	synctest.Wait()
}

// up has the SubConns with these addresses become READY.
func (f *fixture) up(addrs ...string) { f.each(addrs, connectivity.Ready) }

// down has them fail to connect.
func (f *fixture) down(addrs ...string) {
	f.each(addrs, connectivity.TransientFailure, fmt.Errorf("refused"))
}

// each reports a state of each address, all at once.
func (f *fixture) each(addrs []string, state connectivity.State, err ...error) {
	for _, a := range addrs {
		f.conn(a).SetState(state, err...)
	}
	synctest.Wait()
	if state == connectivity.Ready {
		f.well(addrs)
	}
}

// well has gRPC report that the backends are healthy, if a health listener is registered.
// If health is not checked, gRPC does that at once.
func (f *fixture) well(addrs []string) {
	for _, sc := range f.SubConns() {
		if slices.Contains(addrs, letter(sc.Address.Addr)) && sc.State() == connectivity.Ready {
			sc.SetHealth(connectivity.Ready)
		}
	}
	synctest.Wait()
}

// conn returns the SubConn for an address that was not shut down.
func (f *fixture) conn(addr string) *lbtest.SubConn {
	f.t.Helper()
	for _, sc := range f.SubConns() {
		if sc.Address.Addr == address(addr) && !sc.Shut() {
			return sc
		}
	}
	f.t.Fatalf("no SubConn for %s", addr)
	return nil
}

var pickInfo = balancer.PickInfo{}

// pick picks once and ends the call. It returns the letter of the address, "drop", "wait"
// or the text of the error.
func (f *fixture) pick() string {
	r, what := f.hold()
	if r != nil {
		r.Done(answer)
	}
	return what
}

// answer is the DoneInfo of an answered call.
var answer = balancer.DoneInfo{BytesSent: true, BytesReceived: true}

// hold is pick for a call that does not end. The result is nil if there is none.
func (f *fixture) hold() (*balancer.PickResult, string) {
	r, err := f.Pick(f.t.Context())
	switch {
	case err == balancer.ErrNoSubConnAvailable:
		return nil, "wait"
	case err == errDropped:
		return nil, "drop"
	case err != nil:
		return nil, err.Error()
	}
	return &r, letter(r.SubConn.(*lbtest.SubConn).Address.Addr)
}

// picks returns the next n picks.
func (f *fixture) picks(n int) string {
	var all []string
	for range n {
		all = append(all, f.pick())
	}
	return strings.Join(all, " ")
}

// state returns the state that gRPC was given last.
func (f *fixture) state() connectivity.State {
	all := f.Updates()
	return all[len(all)-1].ConnectivityState
}

// address returns the address that a letter stands for in these tests.
func address(letter string) string { return "10.0.0." + fmt.Sprint(letter[0]-'a'+1) + ":80" }

func letter(addr string) string {
	var n int
	fmt.Sscanf(addr, "10.0.0.%d:80", &n)
	return string(rune('a' + n - 1))
}

// list returns the plan for a server list. An entry is "a", which is backend a with the
// token "ta"; "a:x", the same with the token "x"; or "drop".
func list(entries string) *Plan {
	return &Plan{List: servers(entries), Doing: "using a list"}
}

func servers(entries string) *tokens.List {
	l := &lbpb.ServerList{}
	for _, e := range strings.Fields(entries) {
		name, token, named := strings.Cut(e, ":")
		if !named {
			token = "t" + name
		}
		if name == "drop" {
			l.Servers = append(l.Servers, lbtest.Drop(token))
		} else {
			l.Servers = append(l.Servers, lbtest.Server(address(name), token))
		}
	}
	return tokens.Parse(l, nil)
}

// fallback returns the plan for backends that the resolver named.
func fallback(letters string) *Plan {
	p := &Plan{Provenance: FromResolver, Unserved: fmt.Errorf("nothing to fall back to"), Doing: "in fallback"}
	for _, l := range strings.Fields(letters) {
		p.Endpoints = append(p.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address(l)}}})
	}
	return p
}

// want fails the test if got is not want.
func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func serversAt(addrs []string) *tokens.List {
	l := &lbpb.ServerList{}
	for _, a := range addrs {
		l.Servers = append(l.Servers, lbtest.Server(a, "token"))
	}
	return tokens.Parse(l, nil)
}
