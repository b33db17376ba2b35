package actor_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/actorlb/grpclb/actor"
)

// load is a message worth forgetting.
type load [1 << 10]byte

// sendAndForget fills in with n loads, has them received as one batch, and
// returns what is left of them: pointers that do not keep them.
func sendAndForget(in *actor.Inbox[*load], n int) []weak.Pointer[load] {
	var kept []weak.Pointer[load]
	for range n {
		m := new(load)
		kept = append(kept, weak.Make(m))
		in.Send(m)
	}
	next(in)
	return kept
}

// alive counts what the collector could not take.
func alive(all []weak.Pointer[load]) (n int) {
	runtime.GC()
	for _, p := range all {
		if p.Value() != nil {
			n++
		}
	}
	return n
}

// The queue of a burst goes when the burst is handled, without waiting for
// another message.
func TestInbox_MemoryOfABurstIsGivenBack(t *testing.T) {
	in := actor.NewInbox[*load]()
	burst := sendAndForget(in, 5_000)
	if n := alive(burst); n != 0 {
		t.Errorf("%d of %d messages of a burst are still held", n, len(burst))
	}
	runtime.KeepAlive(in)
}

// A batch that is handled keeps nothing alive while the receiver waits for more.
func TestInbox_HoldsNoMessageThatIsHandled(t *testing.T) {
	in := actor.NewInbox[*load]()
	sendAndForget(in, 50)
	batch := sendAndForget(in, 100)
	in.Ready()
	if n := alive(batch); n != 0 {
		t.Errorf("%d of %d messages are still held", n, len(batch))
	}
	runtime.KeepAlive(in)
}

// An ordinary batch is held until the next one is opened, and not longer.
func TestInbox_HoldsNoMessageBeyondTheNextBatch(t *testing.T) {
	in := actor.NewInbox[*load]()
	first := sendAndForget(in, 100)
	second := sendAndForget(in, 1)
	if n := alive(first); n != 0 {
		t.Errorf("%d of %d messages are still held after the next batch", n, len(first))
	}
	if n := alive(second); n != 1 {
		t.Errorf("%d of the last batch's message are held, want it valid until the next Open", n)
	}
	runtime.KeepAlive(in)
}

// A message costs its link: the slice of a small batch is that of the batch before.
func TestInbox_SmallBatchesReuseTheirSlice(t *testing.T) {
	in := actor.NewInbox[int]()
	batch := func() {
		for m := range 10 {
			in.Send(m)
		}
		next(in)
	}
	batch()
	if got := testing.AllocsPerRun(100, batch); got != 10 {
		t.Errorf("%v allocations for 10 messages, want 10", got)
	}
}
