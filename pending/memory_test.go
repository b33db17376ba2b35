package pending

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/actorlb/grpclb/actor"
)

// heap returns how much memory is in use, in bytes, after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

type contextKey struct{}

// grpcContexts makes n contexts like those of gRPC's calls with a deadline: gRPC can
// cancel them, and they have values.
func grpcContexts(t *testing.T, n int) []context.Context {
	user, cancel := context.WithTimeout(context.Background(), time.Hour)
	t.Cleanup(cancel)
	all := make([]context.Context, n)
	for i := range all {
		ctx, cancel := context.WithCancel(user)
		t.Cleanup(cancel)
		all[i] = context.WithValue(ctx, contextKey{}, i)
		all[i].Done() // gRPC waits for it, which makes the channel
	}
	return all
}

// A waiting call takes one place in the queue, and no memory when it has left.
func TestPick_PendingMemory(t *testing.T) {
	const calls, most, mostLeft = 50_000, 32, 2
	q := start(t)
	contexts := grpcContexts(t, calls)
	before := heap()
	for _, ctx := range contexts {
		park(t, q, ctx, 1)
	}
	if s := q.Stats(); s.Depth != calls {
		t.Fatalf("%d calls wait, want %d", s.Depth, calls)
	}
	if each := (heap() - before) / calls; each > most {
		t.Errorf("%d bytes a waiting call, want at most %d", each, most)
	} else {
		t.Logf("%d bytes a waiting call", each)
	}
	q.Released(1)
	q.Stats()
	if each := (heap() - before) / calls; each > mostLeft {
		t.Errorf("%d bytes for each call are still in use after all have left", each)
	} else {
		t.Logf("%d bytes for each call after all have left", each)
	}
	runtime.KeepAlive(contexts)
}

// A waiting call keeps only the Done channel of its context. When the call has left, the
// loop does not keep that either while it waits for more.
func TestPick_PendingMemoryOfHandledMessages(t *testing.T) {
	l := newLoop(false)
	calls := func() (all []weak.Pointer[[1 << 10]byte]) {
		for range 10 {
			load := new([1 << 10]byte)
			all = append(all, weak.Make(load))
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, load))
			defer cancel()
			(&Gate{calls: l.calls}).Park(ctx, 1)
		}
		return all
	}()
	runtime.GC()
	for i, c := range calls {
		if c.Value() != nil {
			t.Errorf("the context of call %d is still there while it waits", i)
		}
	}
	l.inbox.Send(released{1})
	l.handleAll(l.inbox.Open(<-l.inbox.Ready()))
	l.news()
	if rest := l.calls.Open(actor.Batch[parked]{}); len(rest) != 0 || len(l.core.calls) != 0 {
		t.Errorf("%d calls in the inbox and %d in the queue are kept", len(rest), len(l.core.calls))
	}
	runtime.KeepAlive(l)
}
