// Package rrgroup owns the connections to the backends and decides which of
// them a call goes to.
//
// A [Plan] says which backends there should be. The group makes a generation
// from it: an entry for each place in the rotation, over SubConns of a pool.
// A generation on its way in waits for its first READY backend while the one
// before it serves; then its picker is published and the old generation is
// retired. A retired generation lives until its last call in flight is done.
// Then its drain closure runs, once, and its SubConns are released to linger
// for a while in case a later plan names them again.
//
// # Owners
//
// The goroutine started by [Start] owns the pool, the generations and what was
// published last. Everything reaches it as a message. Child policies are those of
// package hosted; the group's goroutine owns its core too. Pickers are immutable;
// what changes behind them is atomic: the place in the rotation, and for each
// entry the references of calls in flight and the counts of how they ended.
//
// # Order
//
// A picker is published before anything that it no longer names is released.
// Calls parked for a generation are told of it after its picker is out.
//
// # Use
//
// The package is a part of the policy grpclb. It may be used for a policy of one's
// own whose backends come from elsewhere, as the example shows, but has no promise
// of compatibility. Duties of such a policy: [Group.Adopt] is called by one
// goroutine; a [Plan] is not changed any more; the [Gate] and the [Queue] are those
// of one queue, as package pending has it; and it ends with the group of actors
// that it was started in, before gRPC is done with the policy.
package rrgroup
