package actor_test

import (
	"testing"

	"github.com/actorlb/grpclb/actor"
)

func TestInbox_Empty(t *testing.T) {
	in := actor.NewInbox[int]()
	empty := func(when string, want bool) {
		t.Helper()
		if got := in.Empty(); got != want {
			t.Errorf("%s: empty is %t, want %t", when, got, want)
		}
	}
	empty("new", true)
	in.Send(1)
	empty("after a message", false)
	in.Open(actor.Batch[int]{})
	empty("after it was taken", true)
	in.Send(2)
	in.Close()
	empty("closed", true)
}
