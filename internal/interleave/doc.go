// Package interleave tries every order in which the steps of a few threads can
// come. A protocol is given as a model: its state is a value, and each thread
// is a function that does its next step to that value. What is one step in the
// model is what other threads can't get in between of, such as one atomic
// operation; all that a thread knows for itself, its place in the program
// included, is part of the state too.
//
// The search goes depth first, and once only through each state: two schedules
// that lead to the same state go on alike from there. So what it costs is the
// number of states; the number of schedules, which it works out besides, may be
// far beyond what could be run one by one.
//
// What is not shown: anything about more threads or rounds than the model has,
// and anything about the code that the model is made after. Steps happen one
// after the other, as those of Go's sync/atomic do; memory that is weaker than
// that is no part of the model.
package interleave
