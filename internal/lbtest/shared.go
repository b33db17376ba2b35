package lbtest

import (
	"testing"
	"time"
)

// patience is how long a test waits for something that should happen at once. Only a test that
// fails waits that long.
const patience = 10 * time.Second

// A shared value is kept in a channel of capacity one; a goroutine takes it out to use it. Unlike
// with a lock, a goroutine that waits for a channel does not stop the time of a bubble.
type shared[T any] struct{ slot chan held[T] }

type held[T any] struct {
	value *T
	wake  chan struct{} // closed at the next change; nil while nobody waits
}

// share returns a shared value that starts as v.
func share[T any](v T) shared[T] {
	s := shared[T]{make(chan held[T], 1)}
	s.slot <- held[T]{value: &v}
	return s
}

// view lets f read the value. It must neither change it nor wait.
func (s shared[T]) view(f func(*T)) {
	h := <-s.slot
	defer func() { s.slot <- h }()
	f(h.value)
}

// update lets f change the value, without waiting, and wakes who waits for it.
func (s shared[T]) update(f func(*T)) {
	h := <-s.slot
	defer func() { s.slot <- h }()
	f(h.value)
	h.wakeAll()
}

// await calls f after each change until f returns true, and reports whether
// it did before something came from giveUp, which may be nil. In the call that
// returns true f may change the value.
func (s shared[T]) await(giveUp <-chan time.Time, f func(*T) bool) bool {
	for {
		wake := s.try(f)
		if wake == nil {
			return true
		}
		select {
		case <-wake:
		case <-giveUp:
			return false
		}
	}
}

// try calls f and returns nil if f was satisfied, else what to wait for.
func (s shared[T]) try(f func(*T) bool) <-chan struct{} {
	h := <-s.slot
	defer func() { s.slot <- h }()
	if f(h.value) {
		h.wakeAll()
		return nil
	}
	if h.wake == nil {
		h.wake = make(chan struct{})
	}
	return h.wake
}

func (h *held[T]) wakeAll() {
	if h.wake != nil {
		close(h.wake)
		h.wake = nil
	}
}

// expect waits until f returns true and fails the test if that takes longer
// than patience.
func expect[T any](t testing.TB, s shared[T], what string, f func(*T) bool) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	if !s.await(limit.C, f) {
		t.Fatalf("waited %v for %s", patience, what)
	}
}

// receive takes the next value of c and fails the test if none comes within
// limit.
func receive[T any](t testing.TB, c <-chan T, limit time.Duration, what string) T {
	t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case v := <-c:
		return v
	case <-timer.C:
	}
	// Both may be ready: a value that is there has precedence over the time-out.
	select {
	case v := <-c:
		return v
	default:
	}
	t.Fatalf("waited %v for %s", limit, what)
	panic("unreachable")
}
