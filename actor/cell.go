package actor

// A Cell carries the newest of a series of values, for state of the world of
// which only the last word counts. A value that nobody took in time is gone.
// One goroutine puts and one takes.
type Cell[T any] struct{ latest chan T }

// NewCell returns an empty cell.
func NewCell[T any]() Cell[T] { return Cell[T]{make(chan T, 1)} }

// Put replaces what has not been taken yet. It never waits.
func (c Cell[T]) Put(v T) {
	select {
	case <-c.latest:
	default:
	}
	// Only the putter fills the cell, so there is room now.
	c.latest <- v
}

// Ready yields the newest value, once.
func (c Cell[T]) Ready() <-chan T { return c.latest }
