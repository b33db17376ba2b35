// Command ratios reads what the benchmarks printed in several rounds and prints
// Markdown tables of ratios: one policy to another, round by round, so that only
// what was measured side by side is compared.
//
//	go run ./ratios [-into RESULTS.md] [-note TEXT] latest.out [FILE]
//
// Each ratio is the median over the rounds, with the least and the greatest behind
// it. Where the policy "nothing" was measured too, its cost, which is that of the
// harness, is subtracted first. A round counts only if the divisor is above zero,
// and if ours, which never waits, got the processors that it was to use. The column
// "rounds" says how many rounds counted, and the column "bar" what is
// asked of the figure and whether its median holds it.
//
// With -into the note and the tables replace what is between the marks in that file.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
)

func main() {
	into := flag.String("into", "", "replace what is between the marks in this `file`, instead of printing")
	note := flag.String("note", "", "`text` to put before the tables")
	flag.Parse()
	log.SetFlags(0)
	t := &table{}
	for _, name := range flag.Args() {
		f, err := os.Open(name)
		if err == nil {
			err = t.read(f)
		}
		if err != nil {
			log.Fatalf("ratios: %s: %v", name, err)
		}
	}
	t.grow()
	if err := write(*into, strings.TrimLeft(*note+"\n", "\n")+t.markdown()); err != nil {
		log.Fatalf("ratios: %v", err)
	}
}

// The marks between which a document has the tables.
const (
	beginMark = "<!-- measured: written by make results -->\n"
	endMark   = "<!-- /measured -->\n"
)

// write prints the tables, or puts them into a document.
func write(into, tables string) error {
	if into == "" {
		_, err := fmt.Print(tables)
		return err
	}
	old, err := os.ReadFile(into)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(old), beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !begun || !ended {
		return fmt.Errorf("%s has no place for the tables: want %s and %s", into, beginMark, endMark)
	}
	text := before + beginMark + "\n" + strings.TrimSpace(tables) + "\n\n" + endMark + after
	return os.WriteFile(into, []byte(text), 0o644)
}
