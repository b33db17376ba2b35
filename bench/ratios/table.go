package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// A row is one figure, of which each policy has a value a round.
type row struct {
	title  string // the benchmark without its policy
	unit   string
	policy map[string][]float64 // NaN: not to be counted
}

// A table holds rows in the order in which they were first seen.
type table struct {
	rows  []*row
	index map[string]*row // by title and unit
}

func newTable() *table { return &table{index: make(map[string]*row)} }

// read takes over the output of benchmarks. Lines of other kinds are skipped,
// and so are benchmarks without a policy; a malformed value is an error.
func (t *table) read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if err := t.line(lines.Text()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// line takes over one line: a name, a count, then pairs of value and unit.
func (t *table) line(text string) error {
	f := strings.Fields(text)
	if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
		return nil
	}
	title, policy := split(f[0])
	if policy == "" {
		return nil
	}
	found, err := values(f[2:])
	if err != nil {
		return fmt.Errorf("%s: %w", f[0], err)
	}
	busy, known := found["busy"]
	for i := 3; i < len(f); i += 2 {
		r := t.row(title, f[i])
		v := found[f[i]]
		if policy == "ours" && known && busy < leastBusy {
			v = math.NaN()
		}
		r.policy[policy] = append(r.policy[policy], v)
	}
	return nil
}

// leastBusy is the share of the processors that ours has to have had for a
// round to count.
const leastBusy = 0.9

// values reads pairs of value and unit.
func values(pairs []string) (map[string]float64, error) {
	found := make(map[string]float64)
	for i := 0; i+1 < len(pairs); i += 2 {
		v, err := strconv.ParseFloat(pairs[i], 64)
		if err != nil {
			return nil, err
		}
		found[pairs[i+1]] = v
	}
	return found, nil
}

// split takes the policy out of a benchmark's name, and writes the number of
// processors, which the testing package leaves out if it is one, as cpu=N.
func split(name string) (title, policy string) {
	name, cpu := processors(strings.TrimPrefix(name, "Benchmark"))
	parts := []string{}
	for part := range strings.SplitSeq(name, "/") {
		if p, is := strings.CutPrefix(part, "policy="); is {
			policy = p
			continue
		}
		parts = append(parts, part)
	}
	return strings.Join(append(parts, "cpu="+cpu), " "), policy
}

func processors(name string) (base, cpu string) {
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			return name[:i], name[i+1:]
		}
	}
	return name, "1"
}

func (t *table) row(title, unit string) *row {
	key := title + " " + unit
	r, ok := t.index[key]
	if !ok {
		r = &row{title: title, unit: unit, policy: make(map[string][]float64)}
		t.index[key] = r
		t.rows = append(t.rows, r)
	}
	return r
}
