// Package hosted runs child policies. A child is any policy that is registered with gRPC.
// It chooses the backends of a group instead of the group's own rotation.
//
// A child expects that a channel calls it and gives it SubConns. Here its group does both.
// The facade is the child's ClientConn. Each connection of the child is a [Conn], which
// uses a SubConn of the group's pool; others may use the same SubConn. A [Picker] wraps the
// child's picker, so that each call sends the LB token of an entry of the list and is
// counted for that entry.
//
// # Owners
//
// [Children] is a core: a value without goroutine, channel or clock. The goroutine of the
// group owns it, tells it events, and carries out its tasks. Each child has a goroutine of
// its own, its minder. Only the minder calls the child. The group sends orders to the
// minder and never waits for it, so a child may wait for the group. What the child does
// comes back to the group as messages.
//
// # Words
//
// An [Instance] is a child policy that was built. It lives as long as plans of the same
// provenance name the same policy with the same health checks. A [Term] is the time in which
// an instance chooses the backends of one plan. A term is superseded when the instance gets
// a newer plan. A seat belongs to one connection in one term. It says for which entries of
// the list the calls over that connection count.
//
// The package is a part of the policy grpclb. Other modules may use it, but it does not
// promise to stay compatible.
package hosted
