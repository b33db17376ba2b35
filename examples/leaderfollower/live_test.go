package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A world is a channel with the policy in a bubble, its balancer and its
// backends a, b and c.
type world struct {
	*testing.T
	network lbtest.Network
	addrs   map[string]string // by name
	servers map[string]*grpc.Server
	caller  *caller
	call    *lbtest.Call // to the balancer
}

func inBubble(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, network: lbtest.NewMemory(), addrs: map[string]string{}, servers: map[string]*grpc.Server{}}
		for _, name := range names {
			w.serve(name)
		}
		lb := lbtest.NewBalancer(t, w.network)
		cc, err := dial(lb.Addr(), grpc.WithContextDialer(w.network.Dial))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cc.Close() })
		cc.Connect()
		w.caller, w.call = newCaller(cc), lb.Next()
		w.call.Initial(0)
		test(w)
	})
}

// serve starts a backend, at the address that it had.
func (w *world) serve(name string) {
	w.Helper()
	l, err := w.network.Listen(w.addrs[name])
	if err != nil {
		w.Fatal(err)
	}
	g := newBackend(name)
	w.addrs[name], w.servers[name] = l.Addr().String(), g
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	w.Cleanup(func() {
		g.Stop()
		<-served
	})
}

// assign sends a list: "a:leader b:follower".
func (w *world) assign(roles string) {
	w.Helper()
	var list []*lbpb.Server
	for _, r := range strings.Fields(roles) {
		name, role, _ := strings.Cut(r, ":")
		list = append(list, lbtest.Server(w.addrs[name], role))
	}
	w.call.List(list...)
	synctest.Wait()
}

// wantWriter has a write taken by this backend: by nobody, if there is no leader.
func (w *world) wantWriter(want string) {
	w.Helper()
	if got, err := w.caller.write(w.Context()); err != nil || got != want {
		w.Errorf("the write goes to %q, %v, want %q", got, err, want)
	}
}

// wantReaders has reads go to these backends, in turn from whichever of them.
func (w *world) wantReaders(want string) {
	w.Helper()
	var got []string
	for range 2 * len(strings.Fields(want)) {
		reader, err := w.caller.read(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		got = append(got, reader)
	}
	text := strings.Join(got, " ")
	if n := len(want); text[:n] != text[n+1:] || !all(counts(got), strings.Fields(want)) {
		w.Errorf("reads go to %s, want turns of %s", text, want)
	}
}

func counts(names []string) map[string]bool {
	seen := map[string]bool{}
	for _, n := range names {
		seen[n] = true
	}
	return seen
}

func TestPolicy_RolesAreTokens(t *testing.T) {
	inBubble(t, func(w *world) {
		w.assign("a:leader b:follower c:follower")
		w.wantWriter("a")
		w.wantReaders("b c")
		w.assign("a: b:leader c:whatever")
		w.wantWriter("b")
		w.wantReaders("a c")
	})
}

// There and back, in lists that name the same backends: over the same connections.
func TestPolicy_LeaderChangesLive(t *testing.T) {
	inBubble(t, func(w *world) {
		for _, leader := range []string{"a", "b", "c", "b", "a"} {
			roles, readers := "", []string{}
			for _, name := range names {
				if name == leader {
					roles += name + ":leader "
				} else {
					roles += name + ":follower "
					readers = append(readers, name)
				}
			}
			w.assign(roles)
			w.wantWriter(leader)
			w.wantReaders(strings.Join(readers, " "))
		}
		for name, addr := range w.addrs {
			if n := len(w.network.Dials(addr)); n != 1 {
				w.Errorf("%d connections to %s", n, name)
			}
		}
	})
}

// Calls wait for the first list, and for a backend.
func TestPolicy_NoBackendYet(t *testing.T) {
	inBubble(t, func(w *world) {
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if _, err := w.caller.read(ctx); status.Code(err) != codes.DeadlineExceeded {
			w.Errorf("a read before the first list: %v", err)
		}
		w.caller.beginWaiting(w.Context())
		w.assign("a:leader")
		if err := w.caller.endWaiting(); err != nil {
			w.Error(err)
		}
		w.wantReaders("a")
	})
}

// A write that waits for ready is sent when there is a leader; any other fails
// and says what is wrong. Reads don't mind.
func TestPolicy_LeaderGone(t *testing.T) {
	inBubble(t, func(w *world) {
		w.assign("a:leader b:follower c:follower")
		w.wantWriter("a")
		w.assign("b:follower c:follower")
		w.wantWriter(nobody)
		w.wantReaders("b c")
		w.caller.beginWaiting(w.Context())
		synctest.Wait()
		if n := len(w.caller.waiting); n != 0 {
			w.Error("a write that waits for ready does not wait")
		}
		w.assign("b:leader c:follower")
		if err := w.caller.endWaiting(); err != nil {
			w.Error(err)
		}
		w.wantReaders("c")
	})
}

// A leader that is listed, but whose connection is lost, is none until it is back.
func TestPolicy_LeaderIsDown(t *testing.T) {
	inBubble(t, func(w *world) {
		w.assign("a:leader b:follower")
		w.wantWriter("a")
		w.servers["a"].Stop()
		synctest.Wait()
		w.wantWriter(nobody)
		w.wantReaders("b")
		w.serve("a")
		time.Sleep(2 * time.Second) // gRPC tries again after about one
		synctest.Wait()
		w.wantWriter("a")
	})
}

// The text of a write that fails names the reason, and what was being done.
func TestPolicy_TwoLeaders(t *testing.T) {
	inBubble(t, func(w *world) {
		w.assign("a:leader b:leader c:follower")
		_, err := w.caller.client.UnaryCall(w.Context(), &testpb.SimpleRequest{})
		if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), errTwoLeaders.Error()) {
			w.Errorf("error %v, want UNAVAILABLE, and that there are two leaders", err)
		}
		w.wantReaders("c")
	})
}
