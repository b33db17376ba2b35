package rrgroup

import "sync/atomic"

// A dropTurns counts the turns of the drop rotation. It is the group's, because
// the rotation carries on across lists; it has no part in the core, because calls
// in flight may keep it.
//
// A call takes one turn for each attempt, though gRPC may have it picked several
// times before it is sent. So a turn that let a call pass which then went nowhere
// is owed to the next pick.
type dropTurns struct {
	rotation
	owed atomic.Int64 // turns
}

// owe notes that a turn let a call pass, and that the call was not sent: gRPC
// will pick for it again. A nil dropTurns is that of lists without drops.
func (t *dropTurns) owe() {
	if t != nil {
		t.owed.Add(1)
	}
}

// collect takes a turn that is owed. It reports whether there was one.
func (t *dropTurns) collect() bool {
	for n := t.owed.Load(); n > 0; n = t.owed.Load() {
		if t.owed.CompareAndSwap(n, n-1) {
			return true
		}
	}
	return false
}

// undo gives the latest turn back, which would have dropped a call and did not.
func (t *dropTurns) undo() { t.next.Add(^uint64(0)) }
