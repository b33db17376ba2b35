package registry_test

import (
	"fmt"
	"testing"

	"github.com/actorlb/grpclb/internal/interleave"
)

// A desk is a registry as a model. Each of its senders sends a few messages.
type desk struct {
	backlog int8 // messages in the inbox
	resting bool // the state is in its channel
	senders [3]struct{ at, sent int8 }
}

// send does the next step of a sender. looksOnce is an error built into the model: the sender does not
// look into the inbox again after it has put the state back.
func send(d *desk, i int, messages int8, looksOnce bool) string {
	s := &d.senders[i]
	switch s.at {
	case 0:
		if s.sent == messages {
			return ""
		}
		s.sent++
		d.backlog++
		s.at = 1
		return "send"
	case 1:
		s.at = 2
		if d.backlog == 0 {
			s.at = 0
		}
		return "look into the inbox"
	case 2:
		if !d.resting {
			s.at = 0
			return "find no state"
		}
		d.resting, s.at = false, 3
		return "take the state"
	case 3:
		d.backlog, s.at = 0, 4
		return "handle"
	default:
		d.resting, s.at = true, 1
		if looksOnce {
			s.at = 0
		}
		return "put the state back"
	}
}

func explore(looksOnce bool) (interleave.Explored, error) {
	p := &interleave.Protocol[desk]{
		Start: desk{resting: true},
		AtRest: func(d desk) error {
			if d.backlog != 0 || !d.resting {
				return fmt.Errorf("%d messages are left, the state rests: %t", d.backlog, d.resting)
			}
			return nil
		},
	}
	for i := range (desk{}).senders {
		p.Threads = append(p.Threads, interleave.Thread[desk]{
			Name: fmt.Sprint("sender ", i+1), Step: func(d *desk) string { return send(d, i, 2, looksOnce) }})
	}
	return interleave.Explore(p)
}

// In every order of the steps all messages are handled, and the state is put back.
func TestProtocol_EveryMessageIsHandled(t *testing.T) {
	found, err := explore(false)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%+v", found)
	if _, err := explore(true); err == nil {
		t.Error("the model does not find the error that is built into it")
	}
}
