package fleet

import "time"

// A pace says when what has changed is published: at once if it was quiet, and otherwise so long
// after the last time. A source that flaps so costs ten lists a second, and what health and
// operators decide reaches clients within 50 ms.
type pace struct {
	last   time.Time // of publishing; zero: never
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
	switch {
	case !p.dirty:
		return time.Time{}
	case p.urgent:
		return p.last.Add(swift)
	}
	return p.last.Add(calm)
}

// published notes that everything is published.
func (p *pace) published(now time.Time) { *p = pace{last: now} }
