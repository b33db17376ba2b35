package actor_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/actorlb/grpclb/actor"
)

// next waits for the backlog and returns it.
func next[M any](in *actor.Inbox[M]) []M { return in.Open(<-in.Ready()) }

func TestInbox_HandsOverTheWholeBacklogInOrder(t *testing.T) {
	in := actor.NewInbox[int]()
	for round := range 3 {
		want := []int{round, round + 10, round + 20}
		for _, m := range want {
			if !in.Send(m) {
				t.Fatalf("Send(%d) = false on an open inbox", m)
			}
		}
		if got := next(in); !slices.Equal(got, want) {
			t.Errorf("round %d: got %v, want %v", round, got, want)
		}
	}
}

func TestInbox_IsNotReadyWhileEmpty(t *testing.T) {
	in := actor.NewInbox[int]()
	ready := func() bool {
		select {
		case b := <-in.Ready():
			in.Open(b)
			return true
		default:
			return false
		}
	}
	if ready() {
		t.Error("a new inbox is ready")
	}
	in.Send(1)
	if !ready() {
		t.Error("an inbox with a message is not ready")
	}
	if ready() {
		t.Error("an inbox is ready after its backlog was taken")
	}
}

func TestInbox_SendDoesNotWaitForTheReceiver(t *testing.T) {
	in := actor.NewInbox[int]()
	const burst = 50_000
	for m := range burst {
		in.Send(m) // would hang here: nobody receives
	}
	if got := len(next(in)); got != burst {
		t.Errorf("received %d messages, want %d", got, burst)
	}
}

// What was sent while a batch is being handled comes with the next one and
// leaves the batch at hand alone.
func TestInbox_BatchIsValidUntilTheNextOpen(t *testing.T) {
	in := actor.NewInbox[int]()
	in.Send(0)
	next(in)
	in.Send(1)
	in.Send(2)
	batch := next(in)
	for m := range 100 {
		in.Send(100 + m)
	}
	if want := []int{1, 2}; !slices.Equal(batch, want) {
		t.Errorf("the batch at hand became %v, want %v", batch, want)
	}
	if got := next(in); len(got) != 100 || got[0] != 100 || got[99] != 199 {
		t.Errorf("next batch is %v, want 100 to 199", got)
	}
}

func TestInbox_OrderPerSenderAmongConcurrentSenders(t *testing.T) {
	const senders, each = 8, 2_000
	type message struct{ sender, number int }
	in := actor.NewInbox[message]()
	for sender := range senders {
		go func() {
			for number := range each {
				in.Send(message{sender, number})
			}
		}()
	}
	var seen [senders]int
	for total := 0; total < senders*each; {
		for _, m := range next(in) {
			if m.number != seen[m.sender] {
				t.Fatalf("sender %d: got message %d, want %d", m.sender, m.number, seen[m.sender])
			}
			seen[m.sender]++
			total++
		}
	}
}

func TestInbox_CloseHandsBackWhatWasNotReceived(t *testing.T) {
	in := actor.NewInbox[int]()
	in.Send(1)
	next(in)
	in.Send(2)
	in.Send(3)
	if got, want := in.Close(), []int{2, 3}; !slices.Equal(got, want) {
		t.Errorf("Close() = %v, want %v", got, want)
	}
	for range 100 {
		if in.Send(4) {
			t.Fatal("Send = true on a closed inbox")
		}
	}
	if got := in.Close(); got != nil {
		t.Errorf("second Close() = %v, want nil", got)
	}
	select {
	case <-in.Ready():
		t.Error("a closed inbox is ready")
	default:
	}
}

func TestInbox_CloseOfAnEmptyOne(t *testing.T) {
	in := actor.NewInbox[int]()
	if got := in.Close(); len(got) != 0 {
		t.Errorf("Close() = %v, want nothing", got)
	}
	if in.Send(1) {
		t.Error("Send = true on a closed inbox")
	}
}

// A receiver that opens unasked has what was sent before, and is ready once more, for
// nothing.
func TestInbox_OpensUnasked(t *testing.T) {
	in := actor.NewInbox[int]()
	for round := range 3 {
		if got := in.Open(actor.Batch[int]{}); len(got) != 0 {
			t.Errorf("round %d: got %v from an empty inbox", round, got)
		}
		in.Send(round)
		if got, want := in.Open(actor.Batch[int]{}), []int{round}; !slices.Equal(got, want) {
			t.Errorf("round %d: got %v, want %v", round, got, want)
		}
	}
	if got := next(in); len(got) != 0 {
		t.Errorf("got %v again", got)
	}
}

// Law 4: however Close falls among the senders, what Send accepted is
// received or handed back, and nothing else is.
func TestInbox_CloseLosesNothingThatSendAccepted(t *testing.T) {
	const senders = 4
	for round := range 50 {
		in := actor.NewInbox[int]()
		accepted := make(chan int, senders)
		var started sync.WaitGroup
		started.Add(senders)
		for range senders {
			go func() {
				n := 0
				for in.Send(n) {
					if n++; n == 1 {
						started.Done()
					}
					runtime.Gosched() // or the receiver hardly ever gets a turn
				}
				accepted <- n
			}()
		}
		started.Wait()
		got := 0
		for range round {
			got += len(next(in))
		}
		got += len(in.Close())
		want := 0
		for range senders {
			want += <-accepted
		}
		if got != want {
			t.Fatalf("round %d: %d messages came out, Send accepted %d", round, got, want)
		}
	}
}
