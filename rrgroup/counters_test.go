package rrgroup

import (
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/actorlb/grpclb/tokens"
)

// cacheLine returns the number of the cache line that a counter is on.
func cacheLine(c *counter) uintptr { return uintptr(unsafe.Pointer(c)) / unsafe.Sizeof(line{}) }

// The turns have a cache line of their own. Entries that follow each other in the rotation
// count their finished calls on different lines. In a long list 8 entries share a line.
func TestPick_NonBlockingByOthers(t *testing.T) {
	want(t, "bytes of a line", unsafe.Sizeof(line{}), 64)
	for _, n := range []int{2, 3, 10, 32, 33, 300} {
		g := newGeneration(&Plan{List: tokens.Parse(numbered(n, ""), nil)}, time.Time{}, 0)
		seen, used := map[*counter]bool{}, map[uintptr]bool{}
		for place := range n {
			c := g.entry(place).finished
			if seen[c] {
				t.Errorf("%d entries: %d counts on the counter of another", n, place)
			}
			seen[c], used[cacheLine(c)] = true, true
			var before []uintptr
			for i := max(0, place-lines+1); i < place; i++ {
				before = append(before, cacheLine(g.entry(i).finished))
			}
			if slices.Contains(append(before, cacheLine(g.turns)), cacheLine(c)) {
				t.Errorf("%d entries: %d counts on the line of the turns, or of an entry just before", n, place)
			}
		}
		if len(used) > n/8+lines {
			t.Errorf("%d entries count on %d lines", n, len(used))
		}
	}
}

// A single entry counts on the line of the turns.
func TestPick_NonBlockingBySingleEntry(t *testing.T) {
	g := newGeneration(list("a"), time.Time{}, 0)
	want(t, "the line", cacheLine(g.entry(0).finished), cacheLine(g.turns))
	if g.entry(0).finished == g.turns {
		t.Error("the entry counts on the counter of turns")
	}
}
