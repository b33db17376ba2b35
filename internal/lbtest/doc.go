// Package lbtest is the world around a grpclb policy under test: a scripted
// [Balancer], numbered backends ([Backend]), a [Channel] whose resolver the
// test plays, and a [Network] that joins them. [Parent] stands in for all of
// it where a test wants to play gRPC itself.
//
// # Bubbles
//
// With [NewMemory] everything here works inside a testing/synctest bubble: it
// waits on channels only, and what it starts ends in t.Cleanup, which runs in
// the bubble too. All of it, the network included, must be made inside the
// bubble that uses it. With [NewLoopback] it is for use outside bubbles.
//
// Time in a bubble stands still while anything runs, so whatever the policy
// does without waiting takes no time at all. A test that wants to see the end
// of that calls synctest.Wait, or a method here that waits, and can then
// compare times for equality.
//
// # Goroutines
//
// Everything may be called from any goroutine, except what can end the test
// with Fatal, which is for the test's own: the New functions, and methods that
// wait for the policy. A Restart from a timer is fine.
//
// A method that waits for the policy to do something gives up after ten
// seconds, which in a bubble are the bubble's, and fails the test.
package lbtest
