// Package bench measures the policy side by side with grpc-go's own grpclb, with a
// policy that does nothing, and picks also with grpc-go's round_robin, which calls no
// balancer, has no tokens and no reports. There is nothing to import: it is tests and
// benchmarks only, and the command in ratios that compares what they print.
//
// Each contender is built over the same stand-in for a channel and is given its
// backends by a real call to a balancer. The scenes: picks, bringing backends up
// in one burst and one by one, handover from one list to the next, child policies,
// calls that wait for the first list, and many policies in one process. Unary calls
// have real channels, over TCP. The balancer server is measured in bench/server,
// a module of its own.
//
// `make bench` runs all of it in rounds; RESULTS.md has the figures, their bars, and
// how to repeat them. `make -C bench profile` shows what the stand-in costs.
//
// Times mean nothing on their own: they are for ratios within one run.
package bench
