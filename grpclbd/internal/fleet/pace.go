package fleet

import "time"

// A pace says when what has changed is published: at once if it was quiet, and otherwise so long
// after the last time. So a source that flaps costs ten lists a second, and what health and
// operators decide reaches clients within 50 ms. Where publishing takes long, since there are
// many backends and classes, it takes a fifth of the time at most.
type pace struct {
	last   time.Time     // of publishing; zero: never
	took   time.Duration // how long that took
	dirty  bool
	urgent bool
}

const (
	calm  = 100 * time.Millisecond // between two lists
	swift = 25 * time.Millisecond  // if health or an operator has decided something
)

// change notes that there is something to publish.
func (p *pace) change(urgent bool) {
	p.dirty = true
	p.urgent = p.urgent || urgent
}

// due returns when to publish; zero: there is nothing.
func (p *pace) due() time.Time {
	if !p.dirty {
		return time.Time{}
	}
	pause := calm
	if p.urgent {
		pause = swift
	}
	return p.last.Add(max(pause, 5*p.took))
}

// published notes that everything is published.
func (p *pace) published(now time.Time) { *p = pace{last: now} }
