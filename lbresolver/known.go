package lbresolver

import (
	"slices"
	"time"
)

// A record is one value that DNS gave.
type record[T comparable] struct {
	value T
	until time.Time // when it expires; zero if the last answer had it
}

// known is the known answer to one question. It keeps the order in which records came first, so the same
// records in another order change nothing.
type known[T comparable] []record[T]

// hear takes an answer. A known record that is not in it is dropped. If the answer was incomplete
// it stays instead, until the given time.
func (k known[T]) hear(found []T, doubted func(T) bool, until time.Time) (next known[T]) {
	for _, r := range k {
		switch {
		case slices.Contains(found, r.value):
			next = append(next, record[T]{value: r.value})
		case doubted(r.value):
			if r.until.IsZero() {
				r.until = until
			}
			next = append(next, r)
		}
	}
	for _, v := range found {
		if !next.has(v) {
			next = append(next, record[T]{value: v})
		}
	}
	return next
}

func (k known[T]) has(value T) bool {
	return slices.ContainsFunc(k, func(r record[T]) bool { return r.value == value })
}

// at returns what is known at this time.
func (k known[T]) at(now time.Time) known[T] {
	return slices.DeleteFunc(slices.Clone(k), func(r record[T]) bool {
		return !r.until.IsZero() && !now.Before(r.until)
	})
}

// due returns when the next record expires; zero: never.
func (k known[T]) due() (due time.Time) {
	for _, r := range k {
		due = soonest(due, r.until)
	}
	return due
}

// soonest returns the earlier of two times; zero means never.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
