package main

import (
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
	if err := play(os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// newOptions draws a seed if there is none. Seeds are short, to be typed again.
func newOptions(seed uint64, length time.Duration) options {
	if seed == 0 {
		seed = 1 + rand.Uint64N(999_999)
	}
	calls := int(fullCalls * length / time.Minute * callsShare / 100)
	return options{seed: seed, length: length, calls: calls, log: io.Discard}
}
