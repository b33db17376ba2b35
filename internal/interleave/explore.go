package interleave

import (
	"errors"
	"math"
)

// A search is a walk through all states of a protocol.
type search[S comparable] struct {
	*Protocol[S]
	beyond  map[S]uint64 // schedules from a state to an end; zero while the walk is beyond it
	path    []int        // the threads whose steps have led to where the walk is
	longest int
}

var errRound = errors.New("threads can go round for ever")

// Explore tries every schedule. The error is that of the first state found in
// which something is wrong, as a [Broken] that has the schedule; threads that
// can come back to a state they were in are wrong as well, because nothing
// makes them end.
func Explore[S comparable](p *Protocol[S]) (Explored, error) {
	w := search[S]{Protocol: p, beyond: map[S]uint64{}}
	n, err := w.from(p.Start)
	found := Explored{len(w.beyond), n, w.longest}
	if err != nil {
		return found, broken(p, w.path, err)
	}
	return found, nil
}

// from walks through everything that can follow s, and returns the number of
// schedules that do. After an error the path is the schedule that led to it.
func (w *search[S]) from(s S) (uint64, error) {
	if n, been := w.beyond[s]; been {
		if n == 0 {
			return 0, errRound
		}
		return n, nil
	}
	if err := ask(w.Always, s); err != nil {
		return 0, err
	}
	w.beyond[s] = 0
	n, err := w.on(s)
	if n == 0 && err == nil {
		n, err = 1, ask(w.AtRest, s)
	}
	w.beyond[s] = n
	return n, err
}

// on has each thread that can do so go on from s.
func (w *search[S]) on(s S) (sum uint64, err error) {
	for i := range w.Threads {
		next := s
		if w.Threads[i].Step(&next) == "" {
			continue
		}
		w.path = append(w.path, i)
		w.longest = max(w.longest, len(w.path))
		n, err := w.from(next)
		if err != nil {
			return 0, err
		}
		w.path = w.path[:len(w.path)-1]
		sum = plus(sum, n)
	}
	return sum, nil
}

func ask[S any](question func(S) error, s S) error {
	if question == nil {
		return nil
	}
	return question(s)
}

// plus adds up to the highest number there is.
func plus(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
