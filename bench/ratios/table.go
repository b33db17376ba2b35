package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// A row is one figure, of which each policy has a value for each round.
type row struct {
	title  string // the benchmark without its policy
	unit   string
	policy map[string][]float64 // NaN: does not count
}

// A table has rows in the order in which they were first seen.
type table struct{ rows []*row }

// row returns the row of a title and a unit, a new one if there was none.
func (t *table) row(title, unit string) *row {
	if r := t.find(title, unit); r != nil {
		return r
	}
	r := &row{title, unit, make(map[string][]float64)}
	t.rows = append(t.rows, r)
	return r
}

func (t *table) find(title, unit string) *row {
	for _, r := range t.rows {
		if r.title == title && r.unit == unit {
			return r
		}
	}
	return nil
}

// read adds what benchmarks printed. It skips other lines, and benchmarks without a
// policy. A malformed value is an error.
func (t *table) read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		if title, policy := split(f[0]); policy != "" {
			if err := t.add(title, policy, f[2:]); err != nil {
				return fmt.Errorf("%s: %w", f[0], err)
			}
		}
	}
	return lines.Err()
}

// leastBusy is the share of the processors that ours has to have had for a round
// to count.
const leastBusy = 0.9

// add adds pairs of value and unit.
func (t *table) add(title, policy string, pairs []string) error {
	values, busy := make([]float64, len(pairs)/2), 1.
	for i := range values {
		v, err := strconv.ParseFloat(pairs[2*i], 64)
		if err != nil {
			return err
		}
		values[i] = v
		if pairs[2*i+1] == "busy" {
			busy = v
		}
	}
	for i, v := range values {
		if policy == "ours" && busy < leastBusy {
			v = math.NaN()
		}
		r := t.row(title, pairs[2*i+1])
		r.policy[policy] = append(r.policy[policy], v)
	}
	return nil
}

// split takes the policy out of a benchmark's name, and writes the number of
// processors, which the testing package leaves out if it is one, as cpu=N.
func split(name string) (title, policy string) {
	name, cpu := strings.TrimPrefix(name, "Benchmark"), "1"
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		name, cpu = name[:i], name[i+1:]
	}
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		if p, is := strings.CutPrefix(part, "policy="); is {
			policy = p
		} else {
			parts = append(parts, part)
		}
	}
	return strings.Join(append(parts, "cpu="+cpu), " "), policy
}
