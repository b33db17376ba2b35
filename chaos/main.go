package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"
)

// fullCalls is how many calls the first phase makes in a run of a minute; in a
// longer or shorter one as many more or fewer.
const fullCalls = 100_000

// options say what a run is to be.
type options struct {
	seed   uint64
	length time.Duration
	calls  int // that the first phase makes at least
	out    io.Writer
	log    io.Writer
}

func main() {
	seed := flag.Uint64("seed", 0, "what the faults are drawn from; 0 draws a seed")
	length := flag.Duration("for", time.Minute, "how long to play, at least a second; each phase plays something at least")
	verbose := flag.Bool("v", false, "print what is drawn and what is done, with times")
	flag.Parse()
	if flag.NArg() > 0 || *length < time.Second {
		flag.Usage()
		os.Exit(2)
	}
	o := newOptions(*seed, *length)
	if *verbose {
		o.log = os.Stdout
	}
	if err := play(o); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// newOptions draws a seed if there is none, a short one that is easy to type.
func newOptions(seed uint64, length time.Duration) options {
	if seed == 0 {
		seed = 1 + rand.Uint64N(999_999)
	}
	calls := int(fullCalls * length / time.Minute * callsShare / 100)
	return options{seed: seed, length: length, calls: calls, out: os.Stdout, log: io.Discard}
}

// errBroken is the end of a run in which a promise was broken, which has been
// printed.
var errBroken = errors.New("promises were broken")

// play plays all phases and prints the results. It returns errBroken, or why it
// could not play to the end.
func play(o options) error {
	fmt.Fprintf(o.out, "chaos: seed %d, %v, at least %d calls in the first phase\n", o.seed, o.length, o.calls)
	census, err := newCensus()
	if err != nil {
		return err
	}
	defer census.close()
	// What gRPC and this program make once and keep is there after a rehearsal.
	first := newOptions(1, time.Second)
	first.out = o.out
	rehearse := func(p *player, length time.Duration) error {
		return errors.Join(p.play(nil, listsEvery, length), p.calm(0))
	}
	if err := perform(first, census, []phase{{"rehearsal", 12, eager, true, rehearse, (*player).judgeNone}}); err != nil {
		return fmt.Errorf("the rehearsal: %w", err)
	}
	before, err := measure()
	if err != nil {
		return err
	}
	if err := perform(o, census, phases()); err != nil {
		return err
	}
	after, err := settled(before)
	if left := after.over(before); len(left) > 0 {
		return errors.Join(err, broken(o, "after the end", left))
	}
	fmt.Fprintf(o.out, "chaos: ok (seed %d; goroutines %d→%d, files %d→%d, heap %d→%d KiB)\n",
		o.seed, before.goroutines, after.goroutines, before.files, after.files, before.heap>>10, after.heap>>10)
	return err
}

// perform starts everything, plays the phases and ends it all.
func perform(o options, c *census, phases []phase) error {
	p, err := newPlayer(o, c)
	var found error
	for number := 0; number < len(phases) && err == nil; number++ {
		err = p.run(number, phases[number])
		found = errors.Join(found, broken(o, fmt.Sprintf("phase %s, seed %d", phases[number].name, o.seed), p.wrong.lines()))
	}
	fmt.Fprintf(o.out, "%-10s  %d faults; excused because the process stood still: %d; back after %v at most; reports of %d of %d attempts\n",
		"all", len(p.diary), p.excused, p.slowest.Round(time.Millisecond), p.books.started.Load(), p.books.attempts.Load())
	left, closing := p.close()
	return errors.Join(err, closing, found, broken(o, "after Close", left))
}

// broken prints promises that were broken. It returns an error if there are some.
func broken(o options, where string, wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	fmt.Fprintf(o.out, "broken promise: %s\n", where)
	for _, line := range wrong {
		fmt.Fprintf(o.out, "  %s\n", line)
	}
	return errBroken
}
