package rrgroup

import "sync/atomic"

// owedTurns counts turns of the drop rotation that a call took but did not use, because
// gRPC did not use the pick or a child policy had the call wait. gRPC then picks again for
// the call. An attempt should take only one turn, so the next pick uses one of these
// turns and takes no new one.
//
// There is one owedTurns for the whole group, because the next pick may be by another list.
type owedTurns struct {
	turns atomic.Int64
	_     [56]byte // fills the cache line: every pick reads it, so nothing else may write to it
}

// owe adds a turn. For lists without drops o is nil.
func (o *owedTurns) owe() {
	if o != nil {
		o.turns.Add(1)
	}
}

// collect takes one turn away. It reports false if there is none.
func (o *owedTurns) collect() bool {
	for n := o.turns.Load(); n > 0; n = o.turns.Load() {
		if o.turns.CompareAndSwap(n, n-1) {
			return true
		}
	}
	return false
}
