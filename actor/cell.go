package actor

// A Cell holds the newest value only. It is for a state that replaces the one
// before: a value that was not taken before the next Put is lost. One goroutine
// puts and one takes.
type Cell[T any] struct{ latest chan T }

// NewCell returns an empty cell.
func NewCell[T any]() Cell[T] { return Cell[T]{make(chan T, 1)} }

// Put replaces a value that has not been taken yet. It never waits.
func (c Cell[T]) Put(v T) {
	select {
	case <-c.latest:
	default:
	}
	// Only the putter fills the cell, so there is room now.
	c.latest <- v
}

// Ready yields the newest value. Each value is taken at most once.
func (c Cell[T]) Ready() <-chan T { return c.latest }
