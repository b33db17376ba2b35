package daemon

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// logs checks which lines the core wants logged at level INFO, with their keys and values.
func (b bench) logs(want ...string) {
	b.t.Helper()
	var got []string
	for _, a := range b.todo {
		if line, is := a.(inform); is {
			text := line.text
			for _, attr := range line.with {
				text += fmt.Sprintf(" %s=%q", attr.Key, attr.Value)
			}
			got = append(got, text)
		}
	}
	b.todo = nil
	if !slices.Equal(got, want) {
		b.t.Errorf("lines: %q; want %q", got, want)
	}
}

// A reload that changes services says which ones, and one after a fault that the fault is gone. A reload that
// changes nothing says nothing.
func TestConfig_ReloadIsLogged(t *testing.T) {
	b := newBench(t, "a", "b", "c")
	b.logs() // the start is no change
	b.configured(services("a", "b", "c"), time.Unix(2, 0))
	b.logs()
	b.configured(services("a:x", "d", "c"), time.Unix(3, 0))
	b.logs(`the configuration has changed added="d" changed="a" removed="b"`)
	b.refused(errors.New("line 3"), time.Unix(4, 0))
	b.logs()
	b.configured(services("a:x", "d", "c"), time.Unix(5, 0))
	b.logs("the configuration has no fault any more")
	b.refused(errors.New("line 3"), time.Unix(6, 0))
	b.configured(services("c", "d"), time.Unix(7, 0))
	b.logs("the configuration has no fault any more", `the configuration has changed removed="a"`)
}

// The names of many services do not fill the log.
func TestConfig_ReloadIsLogged_Bounded(t *testing.T) {
	b := newBench(t, "a")
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("s%02d", i))
	}
	b.configured(services(append(many, "a")...), time.Unix(2, 0))
	b.logs(`the configuration has changed added="s00, s01, s02, s03, s04, s05, s06, s07, s08, s09 and 20 more"`)
}
