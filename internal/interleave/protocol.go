package interleave

// A Protocol is a model, and what has to hold of it.
type Protocol[S comparable] struct {
	Start   S
	Threads []Thread[S]

	// Always says what is wrong with a state that can be reached, AtRest what is
	// wrong with one in which no thread can go on. Nil: nothing ever is.
	Always, AtRest func(S) error
}

// A Thread is one of those whose steps come in any order. A step must depend
// on the state alone.
type Thread[S comparable] struct {
	Name string

	// Step does the next step and says in words which it was. A thread that
	// has ended, or that has to wait for others, leaves the state alone and
	// says nothing.
	Step func(*S) string
}

// Explored says how much there was to try.
type Explored struct {
	States    int    // that can be reached
	Schedules uint64 // orders of steps from the start to the end; at most the highest uint64
	Longest   int    // steps in one of them
}
