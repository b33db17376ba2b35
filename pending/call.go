package pending

import (
	"context"
	"reflect"
)

// idOf returns what the call with context ctx is known by: the context itself or,
// when that is of a type that can't be compared, a stand-in that can. gRPC's
// contexts are pointers; the exception is for those that somebody else put
// together. Contexts that can be neither compared nor cancelled are one and the
// same call.
func idOf(ctx context.Context) context.Context {
	if reflect.ValueOf(ctx).Comparable() {
		return ctx
	}
	return standIn{done: ctx.Done()}
}

// A standIn is good for comparing, for Err, and for nothing else. Two of them are equal
// if their contexts end by the same channel.
type standIn struct {
	context.Context // nil
	done            <-chan struct{}
}

// Err tells whether the context is over, but not why.
func (s standIn) Err() error {
	select {
	case <-s.done:
		return context.Canceled
	default:
		return nil
	}
}

// isOver reports whether the call with this id has ended.
func isOver(id context.Context) bool { return id.Err() != nil }
