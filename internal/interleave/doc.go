// Package interleave tries every order of the steps of a few threads. A protocol is given as a
// model: its state is a value, and each thread is a function that does its next step on that
// value. A step is something that other threads can't interrupt, such as one atomic operation.
// What a thread knows for itself, also its place in the program, is part of the state.
//
// The search is depth first and visits each state once, because two schedules that lead to the
// same state continue in the same way. So its cost is the number of states. It also computes the
// number of schedules, which may be far too large to run them one by one.
//
// It shows nothing about more threads or rounds than the model has, nor about the code that the
// model stands for. Steps happen one after the other, as those of Go's sync/atomic do; weaker
// memory is not modelled.
package interleave
