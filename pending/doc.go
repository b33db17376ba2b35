// Package pending knows the calls that wait for a backend while none can serve
// them. gRPC itself holds such a call: a picker answers "no SubConn available", and
// gRPC asks the next picker. This package knows how many calls wait, since when, and
// whether one more may.
//
// A [Queue] is an actor. Waiting pickers tell it of calls through its [Gate], and
// the publisher of pickers tells it when a usable one is out. It looks for calls that
// have ended before it answers a question, and once a second.
//
// A call wakes the queue's goroutine only if it is the first to wait. While there is a
// limit, each call asks that goroutine and waits for the answer.
//
// # Epochs
//
// Each waiting picker has an epoch, a number larger than that of any picker
// published before it. Calls and the publisher speak to the queue independently, so
// the queue may hear of a call after it heard that the call's picker is over; the
// epoch tells such a call from one that waits again.
//
// gRPC asks a picker once for each call. So a call is new if all calls that wait are
// of its own epoch. Only while calls of several epochs wait, or under a parent policy,
// does the queue look whether it knows the call.
//
// # Duties of the publisher
//
//   - Give each waiting picker an epoch of its own, from 1 upwards.
//   - Publish a usable picker first, and only then call [Queue.Released] with
//     the epoch of the last waiting picker before it.
//   - A picker that fails calls is not a usable one: calls that wait for ready
//     keep waiting, and those that fail leave by their contexts. gRPC says of no
//     call whether it is wait-for-ready, so those that come to a failing picker
//     are kept by gRPC alone: they are not in the queue, nor in its bound.
//
// # What may not be assumed
//
// The limit of pending calls is checked against the calls that the queue has
// heard of. Calls that were let in while there was no limit, or a higher one,
// stay. And a call may be refused although one of more than 64 that wait has
// ended: the next one that asks, or the next second, finds the place.
//
// # Use
//
// The package is a part of the policy grpclb. It may be used for a policy of one's
// own that has calls wait, but has no promise of compatibility.
package pending
