package rrgroup

// A word is what an entry's word holds, as one atomic step left it. What
// follows from it is worked out here and nowhere else: the exhaustive test of
// the steps (protocol_test.go) goes by the same answers as the entry does.
type word uint64

// retired reports whether no pick may succeed any more: whoever took a
// reference and left the word so has to give it back.
func (w word) retired() bool { return w&word(retired) != 0 }

// spent reports whether the entry has no call left, and nobody has seen it
// yet. That is an end if the entry is retired.
func (w word) spent() bool { return w&word(inFlight|drained) == 0 }

// end returns w retired, and marked as drained if it has no call left.
func (w word) end() word {
	if w.spent() {
		w |= word(drained)
	}
	return w | word(retired)
}

// finished returns how many calls are over, picks that were not used included,
// modulo 2⁴⁰.
func (w word) finished() int64 { return int64(w / word(finished)) }

// flying returns how many references there are.
func (w word) flying() int64 { return int64(w & word(inFlight)) }

// handBack is what to add to give a reference back and add count in the same
// step.
func handBack(count uint64) uint64 { return count - reference }
