// Quickstart shows the grpclb policy in one process, over TCP on loopback: a balancer, backends
// and fallback servers, and a channel with 16 callers. Its [script] changes the server list and
// stops servers while the callers go on, and prints where the calls of each phase went.
//
// Every call is checked, not only those in the table:
//
//   - Picks go round the list, so shares are exact, except for the calls in flight when counting
//     starts and stops.
//   - When one call has gone by a new list, no call that begins later goes by the old one.
//   - Calls fail in two cases only, which are counted: the list drops them; or the backends
//     of the list are gone and the fallback servers are not connected yet, and the code is
//     UNAVAILABLE.
//
// Anything else is printed, and ends the program with exit code 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// timeLimit bounds the whole program, which takes about a quarter of it.
const timeLimit = 20 * time.Second

func main() {
	if err := run(os.Stdout, load{callers: 16, every: 10 * time.Millisecond, calls: 900}); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run plays the script and returns the first error.
func run(w io.Writer, l load) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	servers, err := startCluster()
	if err != nil {
		return err
	}
	defer servers.stop()
	cc, lost, err := dial(servers)
	if err != nil {
		return err
	}
	defer cc.Close()
	servers.lost = lost

	calls := startCallers(cc, l)
	score := startTally(calls.outcomes, l)
	err = play(ctx, w, servers, score)
	calls.stop()
	sums := <-score.totals
	if err := errors.Join(err, sums.wrong.err()); err != nil {
		return err
	}
	conclude(w, sums)
	return nil
}

// play plays the phases. It stops at the first phase that goes wrong; the totals say what went
// wrong.
func play(ctx context.Context, w io.Writer, servers *cluster, score tally) error {
	printHeader(w)
	for _, p := range script() {
		score.goals <- p.goal
		if err := p.deed(servers, p.goal); err != nil {
			return fmt.Errorf("phase %q: %w", p.goal.phase, err)
		}
		reply := make(chan result, 1)
		score.done <- reply
		select {
		case r := <-reply:
			printRow(w, r)
			if r.wrong {
				return fmt.Errorf("phase %q is not as expected", p.goal.phase)
			}
		case <-ctx.Done():
			return fmt.Errorf("phase %q was not over after %v in all", p.goal.phase, timeLimit)
		}
	}
	return nil
}

// conclude prints the totals, if all went as expected.
func conclude(w io.Writer, sums totals) {
	fmt.Fprintf(w, "\nexpected failures: %d calls dropped (%d in the table, %d outside it), "+
		"%d calls UNAVAILABLE while the list's backends were gone\n",
		sums.dropped, sums.counted, sums.dropped-sums.counted, sums.stranded)
	fmt.Fprintf(w, "quickstart: ok (%d calls, 0 unexpected failures)\n", sums.calls)
}
