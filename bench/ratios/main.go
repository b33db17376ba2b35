// Command ratios reads what the benchmarks printed in several rounds and
// prints a Markdown table of ratios: one policy to another, round by round, so
// that only what was measured side by side is compared.
//
//	go run ./ratios latest.out
//
// Each ratio is the median over the rounds, with the least and the greatest
// behind it. Where the policy "nothing" was measured too, its cost, which is
// that of the harness, is subtracted first. A ratio whose divisor is not above
// zero is left out: what a work=1us benchmark adds may drown in noise. So is a
// round in which ours, which never waits, did not get the processors: then
// something else had them. The column "rounds" says how many were left.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail(errors.New("which files? usage: ratios FILE [FILE]"))
	}
	t := newTable()
	for _, name := range os.Args[1:] {
		if err := read(t, name); err != nil {
			fail(err)
		}
	}
	if _, err := io.WriteString(os.Stdout, t.markdown()); err != nil {
		fail(err)
	}
}

func read(t *table, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := t.read(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "ratios:", err)
	os.Exit(1)
}
