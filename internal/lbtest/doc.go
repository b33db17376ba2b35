// Package lbtest has what a grpclb policy under test needs: a scripted [Balancer], numbered
// backends ([Backend]), a [Channel] whose resolver is the test, and a [Network] between
// them. With [Parent] a test takes the place of gRPC.
//
// # Bubbles
//
// With [NewMemory] all of this works inside a testing/synctest bubble: it waits on channels
// only, and what it starts ends in t.Cleanup, which runs in the bubble too. Make all of it, also
// the network, inside the bubble. Outside bubbles use [NewLoopback].
//
// In a bubble time stands still while a goroutine runs, so the policy takes no time unless it
// waits. A test calls synctest.Wait, or a method here that waits, and can then compare times for
// equality.
//
// # Goroutines
//
// Only the test's own goroutine may call what can end the test with Fatal: the New functions,
// and methods that wait for the policy. Any goroutine may call the rest. A timer may call
// Restart.
//
// A method that waits for the policy fails the test after ten seconds (of the bubble, in a
// bubble).
package lbtest
