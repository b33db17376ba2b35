// Package rrgroup owns the connections to the backends and decides which of
// them a call goes to.
//
// A [Plan] says which backends there should be. The group makes a generation from it. A
// generation has an entry for each backend in the list, SubConns from a pool, and a
// chooser, which is the group's own rotation or a child policy (package hosted). While
// the current generation serves calls, the incoming one connects until it has a READY
// backend. Then the picker of the incoming generation is published and the current one
// is retired. When the last call of a retired generation has ended, its drain closure
// runs once and its SubConns are let go. They stay connected for a while (they linger), in
// case a later plan names them again.
//
// # Owners
//
// The goroutine started by [Start] owns the pool, the generations, the core of the
// child policies, and what was published last. Others send it messages and, for plans,
// use a cell. The fields of pickers do not change. The counters that pickers use are
// atomic: picks are counted for each generation, and ended calls for each entry.
//
// # Order
//
// A SubConn is let go only after a picker is published that does not name it. The
// pending queue is told of a picker after that is published.
//
// # Use
//
// The package is a part of the policy grpclb. Other policies may use it, as the example
// shows, but it does not promise to stay compatible. A policy that uses it has to make
// sure that:
//   - only one goroutine calls [Group.Adopt];
//   - a [Plan] does not change after Adopt;
//   - the [Gate] and the [Queue] belong to the same queue, such as that of package pending;
//   - the actors with which the group was started are stopped before the policy's Close
//     returns.
package rrgroup
