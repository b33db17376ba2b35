// Command ratios reads what the benchmarks printed in several rounds and
// prints Markdown tables of ratios: one policy to another, round by round, so
// that only what was measured side by side is compared.
//
//	go run ./ratios [-into RESULTS.md] [-note TEXT] latest.out [FILE]
//
// Each ratio is the median over the rounds, with the least and the greatest
// behind it. Where the policy "nothing" was measured too, its cost, which is
// that of the harness, is subtracted first. A ratio whose divisor is not above
// zero is left out: what a work=1us benchmark adds may drown in noise. So is a
// round in which ours, which never waits, did not get the processors: then
// something else had them. The column "rounds" says how many were left, and the
// column "bar" what the figure has to come to and whether its median does.
//
// With -into the tables, and the note before them, take the place of what is
// between the marks in that file.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	into := flag.String("into", "", "replace what is between the marks in this `file`, instead of printing")
	note := flag.String("note", "", "`text` to put before the tables")
	flag.Parse()
	if flag.NArg() == 0 {
		fail(errors.New("which files? usage: ratios [-into FILE] [-note TEXT] FILE [FILE]"))
	}
	t := newTable()
	for _, name := range flag.Args() {
		if err := read(t, name); err != nil {
			fail(err)
		}
	}
	t.grow()
	if err := write(*into, *note, t.markdown()); err != nil {
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

// write prints the tables, or puts them into a file.
func write(into, note, tables string) error {
	if note != "" {
		tables = note + "\n" + tables
	}
	if into == "" {
		_, err := io.WriteString(os.Stdout, tables)
		return err
	}
	old, err := os.ReadFile(into)
	if err != nil {
		return err
	}
	text, err := replace(string(old), tables)
	if err != nil {
		return fmt.Errorf("%s: %w", into, err)
	}
	return os.WriteFile(into, []byte(text), 0o644)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "ratios:", err)
	os.Exit(1)
}
