// Package hostile is a test of what a balancer can do to its clients that it
// should not. It has no code but its tests: one for each abuse, over a real
// channel with the policy "grpclb" whose other addresses are healthy.
//
// Each test is an abuse and its bounds: callers are answered all along, the
// live heap has grown by no more than so many bytes, the balancer has been
// called and pickers have been published no more than so often, and component
// "grpclb" has logged what happened in one line. The figures are in the tests;
// SECURITY.md quotes them.
package hostile
