// Package rrgroup owns the connections to the backends and decides which of
// them a call goes to.
//
// A [Plan] says which backends there should be. The group makes a generation from it:
// an entry for each place of the list, over SubConns of a pool, and a chooser, which is
// the group's own rotation or a child policy (package hosted). An incoming generation
// waits for its first READY backend while the current one serves calls. Then its picker
// is published and the other generation is retired. When the last call of a retired
// generation is over, its drain closure runs, once, and its SubConns are let go. They
// linger for a while in case a later plan names them again.
//
// # Owners
//
// The goroutine started by [Start] owns the pool, the generations, the core of the
// child policies, and what was published last. Everything reaches it as a message. Pickers
// are immutable. The counters behind them are atomic: of picks for each generation, and
// of ended calls for each entry.
//
// # Order
//
// A picker is published before a SubConn is let go that it does not name any more. The
// pending queue hears of a picker after it is published.
//
// # Use
//
// The package is a part of the policy grpclb. It may be used for another policy whose
// backends come from elsewhere, as the example shows, but has no promise of
// compatibility. Such a policy has to see to it that one goroutine calls [Group.Adopt],
// that a [Plan] is not changed afterwards, that the [Gate] and the [Queue] belong to one
// queue (package pending has one), and that the actors which the group was started with
// are stopped before the policy's Close returns.
package rrgroup
