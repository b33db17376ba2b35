package rrgroup

import "sync/atomic"

// A rotation counts picks. The count before a pick is its place in the sequence:
// each picker maps it to its own entries.
type rotation struct{ next atomic.Uint64 }

// turn returns the place of this pick among n, shifted by offset.
func (r *rotation) turn(n int, offset uint64) int {
	return int((r.next.Add(1) - 1 + offset) % uint64(n))
}
