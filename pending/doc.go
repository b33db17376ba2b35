// Package pending counts the calls that wait because no picker can serve them. gRPC
// holds these calls: a picker answers "no SubConn available", and gRPC asks the next
// picker. This package knows how many calls wait, since when, and whether one more may
// wait.
//
// A [Queue] is an actor. A waiting picker is one that has calls wait. It tells the queue
// of each call through the [Gate]. Whoever publishes pickers tells the queue when a usable
// picker, one that can serve calls, is published. The queue removes calls that have ended
// before each answer, and once a second.
//
// Without a limit, only the first call that waits wakes the queue's goroutine. With a
// limit, each call asks that goroutine and waits for the answer.
//
// # Epochs
//
// Each waiting picker has an epoch, a number higher than those of all pickers before it.
// The queue may hear of a call after it has heard that a usable picker replaced the
// call's picker. The epoch of the call shows that it does not wait any more.
//
// gRPC asks a picker once for each call. So if all calls that wait have the same epoch as
// a call, that call is new. If they have several epochs, or under a parent policy, the
// queue looks the call up.
//
// # Duties of the publisher
//
//   - Give each waiting picker an epoch of its own, from 1 upwards.
//   - Publish a usable picker first, and only then call [Queue.Released] with
//     the epoch of the last waiting picker before it.
//   - Do not call Released for a picker that fails calls. Wait-for-ready calls go on
//     waiting, and the queue notices by their contexts that the others have ended. gRPC
//     does not tell a picker whether a call is wait-for-ready. So wait-for-ready calls
//     that first come to a failing picker are not in the queue, and the limit does not
//     count them.
//
// # Limits of the limit
//
// Calls that were let in while there was no limit, or a higher one, stay. If more than
// 64 calls wait, a new call may be refused although one of them has just ended: before
// it refuses, the queue checks only 64 of them. It checks others for the next call, and
// all once a second.
//
// # Use
//
// The package is a part of the policy grpclb. Other policies may use it, but it does not
// promise to stay compatible.
package pending
