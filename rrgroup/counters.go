package rrgroup

// A line is a cache line of counters. A processor that writes to a line has to fetch it
// first if another one wrote to it last. That takes 40 ns between some processors, and 400
// between others of the same machine.
type line [8]counter

// lines is how many lines for finished calls are allocated together. A call in flight
// keeps them in memory.
const lines = 4

// newTurns returns a line whose first counter is for the turns of a generation. Every pick
// writes to it.
func newTurns() *line { return new(line) }

// countFinished gives each entry the counter of its finished calls. A line has the counters
// of up to 8 entries. Entries that follow each other in the rotation have theirs on
// different lines, because their calls are often in flight at the same time. The entry itself
// is on none of these lines: all processors read it at each pick, and nobody writes to it.
//
// A single entry counts on the line of the turns. If a call ends soon after its pick, its
// processor still has that line.
func (g *generation) countFinished(turns *line) {
	if g.size == 1 {
		g.entry(0).finished = &turns[1]
		return
	}
	var of []line
	for place := range g.size {
		at := place % (lines * len(line{}))
		if at == 0 {
			of = make([]line, min(lines, g.size-place))
		}
		g.entry(place).finished = &of[at%lines][at/lines]
	}
}
