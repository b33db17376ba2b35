// Package coretest plays transcripts of the core of an actor, in a time of their own.
package coretest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/internal/transcript"
)

// A Core is what a transcript is played to.
type Core interface {
	// Event tells the core of an event. It returns false if there is no such event.
	Event(verb, rest string) bool
	// Due returns when the core has something to do; zero: never.
	Due() time.Time
	// Settle has the core do what is due, and returns in words what it wants done.
	Settle() []string
}

// A Clock is the time of a transcript.
type Clock struct{ Began, Now time.Time }

// NewClock returns a clock that has just begun.
func NewClock() *Clock {
	began := time.Unix(1000, 0).UTC()
	return &Clock{began, began}
}

// Since returns how long after the beginning a time is.
func (c *Clock) Since(at time.Time) time.Duration { return at.Sub(c.Began) }

// Play plays the transcripts in testdata. They have an event to a line, and below it what the core wants
// done. These are events of all cores:
//
//	start            nothing else happens
//	wait DURATION    time passes; the core is only called when it is due
func Play(t *testing.T, start func(*testing.T, *Clock) Core) {
	transcript.Play(t, "testdata/*.txt", func(t *testing.T, script string) string {
		p := &player{t: t, clock: NewClock()}
		p.core = start(t, p.clock)
		for line := range strings.Lines(script) {
			if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, " ") {
				continue
			}
			p.out.WriteString(line + "\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				p.play(line)
			}
		}
		return p.out.String()
	})
}

type player struct {
	t     *testing.T
	clock *Clock
	core  Core
	out   strings.Builder
}

func (p *player) play(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	if verb == "wait" {
		p.wait(rest)
		return
	}
	if verb != "start" && !p.core.Event(verb, rest) {
		p.t.Fatalf("no such event: %s", line)
	}
	p.settle()
}

// wait lets the core do what is due meanwhile.
func (p *player) wait(duration string) {
	d, err := time.ParseDuration(duration)
	if err != nil {
		p.t.Fatal(err)
	}
	until := p.clock.Now.Add(d)
	for steps := 0; ; steps++ {
		at := p.core.Due()
		if at.IsZero() || at.After(until) {
			break
		}
		if steps > 100 {
			p.t.Fatal("the core is due again and again")
		}
		if at.After(p.clock.Now) {
			p.clock.Now = at
		}
		fmt.Fprintf(&p.out, "  at %v\n", p.clock.Since(p.clock.Now))
		p.settle()
	}
	p.clock.Now = until
}

func (p *player) settle() {
	for _, line := range p.core.Settle() {
		p.out.WriteString("  " + line + "\n")
	}
}
