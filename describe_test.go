package grpclb_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// describe returns the state of the channel, which must be there at once.
func (w *world) describe() *grpclb.State {
	w.Helper()
	synctest.Wait()
	began := time.Now()
	s, err := grpclb.Describe(w.Context(), w.ch.CC)
	if err != nil {
		w.Fatalf("Describe: %v", err)
	}
	same(w, "time that Describe waited", time.Since(began), 0)
	return s
}

// generations are the generations in words, one after the other.
func generations(s *grpclb.State) (words string) {
	for _, g := range s.Generations {
		words += g.Role + " of the " + g.Of + "; "
	}
	return words
}

func TestDescribe_WhileItWaits(t *testing.T) {
	inBubble(t, "", func(w *world) {
		c := w.connect()
		call := w.begin(w.Context())
		w.until(2 * time.Second)
		s := w.describe()
		same(w, "mode", s.Mode.Name, "waiting")
		same(w, "since", s.Mode.Since, w.start)
		contains(w, s.Mode.Reason, "first server list")
		same(w, "phase", s.Stream.Phase, "open")
		same(w, "calls that wait", s.Pending.Depth, 1)
		same(w, "since", s.At.Sub(s.Pending.Oldest), 2*time.Second)
		same(w, "a list", s.List, nil)
		w.send(c, w.backends(1)...)
		if !over(call.done) {
			w.Error("the call still waits")
		}
		same(w, "calls released", w.describe().Pending.Released, 1)
	})
}

func TestDescribe_Balanced(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.reporting()
		w.until(time.Second)
		w.list(c, append(servers(b[0], b[1], b[0]), lbtest.Drop("d"), lbtest.Server("10.1.2.3:0", "bad"))...)
		w.fates(8)
		w.until(2500 * time.Millisecond)
		s := w.describe()
		same(w, "mode", s.Mode.Name, "balanced")
		same(w, "since", s.Mode.Since.Sub(w.start), time.Second)
		same(w, "contact", s.Stream.Contact, true)
		same(w, "address", s.Stream.Address, w.lb.Addr())
		same(w, "opened", s.Stream.Opened, w.start)
		same(w, "messages", s.Stream.Messages, 2)
		same(w, "lists", s.Stream.Lists, 1)
		same(w, "generations", generations(s), "current of the list; ")
		same(w, "calls", s.Generations[0].Started, 6)
		same(w, "calls in flight", s.Generations[0].InFlight, 0)
		same(w, "list in use", s.List.InUse, true)
		same(w, "list came", s.List.At.Sub(w.start), time.Second)
		same(w, "entries", len(s.List.Entries), 4)
		same(w, "drop share", s.List.DropShare, 0.25)
		same(w, "skipped", s.List.SkippedCount, 1)
		same(w, "why", s.List.Skipped[0].Index, 4)
		same(w, "backends", len(s.Backends), 2)
		same(w, "state", s.Backends[0].State, "READY")
		same(w, "since", s.Backends[0].Since.Sub(w.start), time.Second)
		same(w, "token", s.Backends[0].Tokens[0], "t1")
		same(w, "share", s.Backends[0].Share, 0.5)
		same(w, "calls of backend 1", s.Backends[0].Finished, 4)
		same(w, "calls of backend 2", s.Backends[1].Finished, 2)
		same(w, "calls in the last report", s.LastReport.Started, 8)
		same(w, "dropped", s.LastReport.Dropped[0].Calls, 2)
	})
}

func TestDescribe_Fallback(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := w.backends(1)
		w.resolveTo([]resolver.Address{nobody}, b...)
		w.until(2 * time.Second)
		s := w.describe()
		same(w, "mode", s.Mode.Name, "fallback")
		contains(w, s.Mode.Reason, "no server list came from the balancer", "refused")
		same(w, "fallback address", s.Mode.Fallback[0], b[0].Addr())
		same(w, "phase", s.Stream.Phase, "waiting")
		same(w, "balancer", s.Stream.Balancers[0], nobody.Addr)
		same(w, "streams", s.Stream.Number, 2)
		contains(w, s.Stream.LastEnd.Error, "refused")
		same(w, "last end", s.Stream.LastEnd.At.Sub(w.start), time.Second)
		same(w, "next", s.Stream.Next.Sub(w.start), 2600*time.Millisecond)
		same(w, "generations", generations(s), "current of the fallback; ")
		same(w, "child", s.Generations[0].Child, "round_robin")
		same(w, "named by", s.Backends[0].Of, "fallback")
		same(w, "used by", s.Backends[0].Generations[0], s.Generations[0].Number)
	})
}

func TestDescribe_DrainingGeneration(t *testing.T) {
	inBubble(t, `{"subConnLinger":"5s"}`, func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		w.calls(3)
		b[0].Hold()
		long := w.begin(w.Context())
		w.send(c, b[1])
		s := w.describe()
		same(w, "generations", generations(s), "draining of the list; current of the list; ")
		same(w, "calls in flight", s.Generations[0].InFlight, 1)
		same(w, "calls finished", s.Generations[0].Finished, 3)
		same(w, "backends", len(s.Backends), 2)
		same(w, "held", s.Backends[0].Draining, 1)
		b[0].Release()
		<-long.done
		s = w.describe()
		same(w, "generations", generations(s), "current of the list; ")
		same(w, "lingers until", s.Backends[0].Lingering, s.At.Add(5*time.Second))
	})
}

// A call that describes is never dropped, parked or counted.
func TestDescribe_IsNoCall(t *testing.T) {
	inBubble(t, `{"maxPendingPicks":1}`, func(w *world) {
		c := w.connect()
		w.begin(w.Context())
		contains(w, w.call(), "maxPendingPicks")
		for range 3 {
			s := w.describe()
			same(w, "calls that wait", s.Pending.Depth, 1)
			same(w, "parked", s.Pending.Parked, 1)
			same(w, "refused", s.Pending.Refused, 1)
		}
		w.list(c, lbtest.Drop("d"))
		same(w, "calls of drops alone", w.describe().Generations[0].Started, 0)
		b := w.backends(1)
		w.list(c, lbtest.Drop("d"), servers(b...)[0])
		for range 4 {
			w.describe()
		}
		if got := w.fates(4, grpc.WaitForReady(true)); !turns(got, "drop 1") {
			w.Errorf("Describe took turns of drops: calls come to %s", got)
		}
		b[0].Stop()
		w.state(connectivity.TransientFailure)
		s := w.describe()
		same(w, "state", s.Backends[0].State, "TRANSIENT_FAILURE")
		contains(w, s.Backends[0].Error, "refused")
	})
}

func TestDescribe_OfAChildPolicy(t *testing.T) {
	inBubble(t, `{"childPolicy":[{"pick_first":{}}]}`, func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.list(c, append(servers(b...), lbtest.Drop("d"))...)
		w.fates(3)
		s := w.describe()
		same(w, "child", s.Generations[0].Child, "pick_first")
		same(w, "calls", s.Generations[0].Started, 2)
		same(w, "connections", len(s.Backends), 1)
		same(w, "calls of backend 1", s.Backends[0].Finished, 2)
		same(w, "used by", s.Backends[0].Generations[0], s.Generations[0].Number)
	})
}

func TestDescribe_Config(t *testing.T) {
	inBubble(t, `{"maxPendingPicks":7,"streamBackoff":{"jitter":0}}`, func(w *world) {
		w.connect()
		s := w.describe()
		same(w, "origin of maxPendingPicks", s.Config.Origins["maxPendingPicks"], "service config")
		same(w, "origin of jitter", s.Config.Origins["streamBackoff.jitter"], "service config")
		same(w, "origins", len(s.Config.Origins), 2)
		contains(w, string(s.Config.Values), `"maxPendingPicks":7`, `"handoverTimeout":"10s"`)
	})
}

func TestDescribe_OfAnotherPolicy(t *testing.T) {
	inBubble(t, "", func(w *world) {
		cc := w.pickFirst()
		_, err := grpclb.Describe(w.Context(), cc)
		same(w, "an idle channel", errors.Is(err, grpclb.ErrIdle), true)
		same(w, "which stays idle", cc.GetState(), connectivity.Idle)
		cc.Connect()
		synctest.Wait()
		_, err = grpclb.Describe(w.Context(), cc)
		same(w, "another policy", errors.Is(err, grpclb.ErrForeign), true)
	})
}

func TestDescribe_OfAClosedChannel(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.connect()
		w.ch.Close()
		_, err := grpclb.Describe(w.Context(), w.ch.CC)
		same(w, "closed", errors.Is(err, grpclb.ErrClosed), true)
	})
}

// A picked is a channel of which only its picker is there.
type picked struct {
	grpc.ClientConnInterface
	parent *lbtest.Parent
}

func (p picked) Invoke(ctx context.Context, method string, _, _ any, _ ...grpc.CallOption) error {
	updates := p.parent.Updates()
	_, err := updates[len(updates)-1].Picker.Pick(balancer.PickInfo{FullMethodName: method, Ctx: ctx})
	return err
}

// A policy may have ended while gRPC still has its picker.
func TestDescribe_OfAPolicyThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		cc := picked{parent: r.parent}
		if _, err := grpclb.Describe(t.Context(), cc); err != nil {
			t.Error(err)
		}
		r.policy.Close()
		_, err := grpclb.Describe(t.Context(), cc)
		same(t, "closed", errors.Is(err, grpclb.ErrClosed), true)
	})
}

// Of a SubConn that has failed it says since when and why, and of those of two plans which is
// to follow.
func TestDescribe_Backends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.list(lbtest.Server("10.1.0.1:80", "a"), lbtest.Server("10.1.0.2:80", "b"))
		r.report(1, connectivity.Connecting, connectivity.Ready)
		time.Sleep(time.Second)
		r.report(2, connectivity.Connecting, connectivity.TransientFailure)
		time.Sleep(time.Second)
		r.list(lbtest.Server("10.1.0.3:80", "c"), lbtest.Server("10.1.0.4:80", "e"), lbtest.Server("10.1.0.3:80", "d"))
		r.report(3, connectivity.Connecting)
		s, err := grpclb.Describe(t.Context(), picked{parent: r.parent})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Backends) != 4 || len(s.Generations) != 2 {
			t.Fatalf("there are %d backends and %s, want 4 and two", len(s.Backends), generations(s))
		}
		same(t, "generations", generations(s), "current of the list; incoming of the list; ")
		first, second, third := s.Backends[0], s.Backends[1], s.Backends[2]
		same(t, "the first", first.State, "READY")
		same(t, "since", s.At.Sub(first.Since), 2*time.Second)
		same(t, "the second", second.State, "TRANSIENT_FAILURE")
		same(t, "since", s.At.Sub(second.Since), time.Second)
		contains(t, second.Error, "gone")
		same(t, "the third", third.State, "CONNECTING")
		same(t, "used by", third.Generations[0], s.Generations[1].Number)
		same(t, "tokens of the third", strings.Join(third.Tokens, " "), "c d")
		same(t, "its share", third.Share, 2./3)
	})
}

// A channel that has heard nothing of its resolver has no policy.
func TestDescribe_EndsWithItsContext(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.ch.CC.Connect()
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		_, err := grpclb.Describe(ctx, w.ch.CC)
		if w.ch.CC.GetState() == connectivity.Idle { // as grpc-go 1.75 says of such a channel
			same(w, "idle", errors.Is(err, grpclb.ErrIdle), true)
			return
		}
		same(w, "the error is that of ctx", errors.Is(err, context.DeadlineExceeded), true)
		same(w, "after", time.Since(w.start), time.Second)
	})
}

// What a page or a script reads does not change by accident.
func TestDescribe_JSON(t *testing.T) {
	want, err := os.ReadFile("testdata/describe.json")
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, steady, func(w *world) {
		c := w.connect()
		w.send(c, w.backends(1)...)
		w.served(1)
		s := w.describe()
		if s.Channelz == 0 {
			w.Error("the channel has no number in channelz")
		}
		s.Channelz = 1
		text, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			w.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(text)+"\n"); diff != "" {
			w.Errorf("testdata/describe.json (-) and Describe (+) differ:\n%s", diff)
		}
	})
}

// An idle channel has no policy, and is not woken.
func TestDescribe_OfAnIdleChannel(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.send(w.connect(), w.backends(1)...)
		w.served(1)
		w.until(time.Minute)
		_, err := grpclb.Describe(w.Context(), w.ch.CC)
		same(w, "idle", errors.Is(err, grpclb.ErrIdle), true)
		w.until(2 * time.Minute)
		w.state(connectivity.Idle)
	}, grpc.WithIdleTimeout(30*time.Second))
}
