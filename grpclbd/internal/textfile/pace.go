package textfile

import "time"

const (
	poll  = 3 * time.Second        // between two readings; events may be lost, and network file systems have none
	quiet = 50 * time.Millisecond  // after the last event before it is read: whoever writes may not have finished
	late  = 500 * time.Millisecond // after the first event it is read although there are more
)

// A pace decides when a file is read.
type pace struct {
	due   time.Time // when it is read next
	first time.Time // of the events since it was last read; zero: there were none
}

// changed notes an event about the file.
func (p *pace) changed(now time.Time) {
	if p.first.IsZero() {
		p.first = now
	}
	p.due = now.Add(quiet)
	if latest := p.first.Add(late); latest.Before(p.due) {
		p.due = latest
	}
}

// read notes that the file was read.
func (p *pace) read(now time.Time) { p.first, p.due = time.Time{}, now.Add(poll) }
