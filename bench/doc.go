// Package bench measures the policy side by side with grpc-go's own grpclb,
// with grpc-go's round_robin (which calls no balancer, has no tokens and no
// reports: the floor for a rotation) and with one contended atomic add (the
// limit). There is nothing to import: it is tests and benchmarks only, and the
// command in ratios that compares what they print.
//
// Each contender is built over the same stand-in for a channel, is given its
// backends by a real call to a balancer, has all its SubConns reported READY,
// and is then asked for picks. `make bench` runs all of it in rounds;
// RESULTS.md has what came of it and how to repeat it.
//
// Times mean nothing on their own: they are for ratios within one run.
package bench
