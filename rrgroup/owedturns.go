package rrgroup

import "sync/atomic"

// owedTurns are turns of the drops that let a call pass which was not sent: gRPC
// did not use the pick, or a child policy had the call wait. gRPC picks for the call
// again, and it is to take one turn for each attempt, so the next pick takes none.
//
// They are the group's, because the next pick may be by another list.
type owedTurns struct {
	turns atomic.Int64
	_     [56]byte // every pick reads the line, so nothing else may write to it
}

// owe adds a turn. A nil owedTurns is that of lists without drops.
func (o *owedTurns) owe() {
	if o != nil {
		o.turns.Add(1)
	}
}

// collect uses a turn that is owed. It reports whether there was one.
func (o *owedTurns) collect() bool {
	for n := o.turns.Load(); n > 0; n = o.turns.Load() {
		if o.turns.CompareAndSwap(n, n-1) {
			return true
		}
	}
	return false
}
