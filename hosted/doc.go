// Package hosted lets a policy registered with gRPC, a child, choose the backends
// of a group in the place of the group's own rotation.
//
// A child expects to be called by a channel and to get its SubConns from one. Here it
// gets both from its group: the facade is its ClientConn, and each of its connections,
// a [Conn], has a SubConn of the group's pool behind it, which others may use at the
// same time. The child's picker is wrapped, so that each call carries the LB token of
// an entry of the list and is counted there.
//
// # Owners
//
// [Children] is a core: a value without goroutine, channel or clock. It belongs to
// the goroutine of the group, which tells it events and carries out the tasks that it
// leaves. Each child has one goroutine more, its minder, which is the only one to call
// the child. The group sends orders to the minder and never waits for it, so a child
// may wait for the group. The child's answers come back as messages to the group.
//
// # Words
//
// An [Instance] is a child that was built, as the group knows it. It lives as long as
// plans of the same provenance name the same policy. A [Term] is the time in which it
// chooses the backends of one plan. A seat is one connection of the child in one term:
// it says which entries of the list a call over that connection counts for.
//
// The package is a part of the policy grpclb. It may be used, but has no promise of
// compatibility.
package hosted
