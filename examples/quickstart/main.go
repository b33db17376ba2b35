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
// Anything else is printed, and ends the program with exit code 1. With -look ADDRESS there is a
// break before each phase, and the pages of package lbdebug show the channel.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// phaseLimit bounds each phase, which takes less than a second.
const phaseLimit = 10 * time.Second

func main() {
	look := flag.String("look", "", "serve the pages of lbdebug at this `address`, and wait for Enter before each phase")
	flag.Parse()
	l := load{callers: 16, every: 10 * time.Millisecond, limit: 5 * time.Second, calls: 900}
	if err := play(l, *look); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// play plays the script, with breaks if look is an address.
func play(l load, look string) error {
	if look == "" {
		return run(os.Stdout, l, nil)
	}
	v, err := startViewing(look, os.Stdin)
	if err != nil {
		return err
	}
	l.limit = time.Hour // calls may have to wait during a break
	return errors.Join(run(os.Stdout, l, v), v.stop())
}

// run plays the script and returns the first error. With a viewer there is a break before each
// phase and after the last one.
func run(w io.Writer, l load, v *viewer) error {
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
	servers.lost, servers.long.cc = lost, cc

	calls := startCallers(cc, l)
	score := startTally(calls.outcomes, l)
	if err = playPhases(w, servers, score, v); err != nil {
		cc.Close() // ends the calls that wait
	}
	calls.stop()
	sums := <-score.totals
	if err := errors.Join(err, sums.wrong.err()); err != nil {
		return err
	}
	conclude(w, sums)
	return nil
}

// playPhases plays the phases. It stops at the first phase that goes wrong; the totals say what went
// wrong.
func playPhases(w io.Writer, servers *cluster, score tally, v *viewer) error {
	v.introduce(w, servers)
	printHeader(w)
	for _, p := range script() {
		if err := v.pause(w, p.goal.phase); err != nil {
			return err
		}
		if err := playPhase(w, servers, score, p); err != nil {
			return fmt.Errorf("phase %q %w", p.goal.phase, err)
		}
	}
	return v.pause(w, "the end")
}

// playPhase changes the servers, and prints where calls go then.
func playPhase(w io.Writer, servers *cluster, score tally, p phase) error {
	ctx, cancel := context.WithTimeout(context.Background(), phaseLimit)
	defer cancel()
	score.goals <- p.goal
	if err := p.deed(servers, p.goal); err != nil {
		return fmt.Errorf("failed: %w", err)
	}
	reply := make(chan result, 1)
	score.done <- reply
	select {
	case r := <-reply:
		printRow(w, r)
		if r.wrong {
			return errors.New("is not as expected")
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("was not over after %v", phaseLimit)
	}
}

// conclude prints the totals, if all went as expected.
func conclude(w io.Writer, sums totals) {
	fmt.Fprintf(w, "\nexpected failures: %d calls dropped (%d in the table, %d outside it), "+
		"%d calls UNAVAILABLE while the list's backends were gone\n",
		sums.dropped, sums.counted, sums.dropped-sums.counted, sums.stranded)
	fmt.Fprintf(w, "quickstart: ok (%d calls, 0 unexpected failures)\n", sums.calls)
}
