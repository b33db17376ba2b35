package diary

import (
	"fmt"
	"time"
)

// between is the least time between two lines on a topic.
const between = time.Second

// A Diary keeps whatever causes the remarks from filling the log. The first remark on a topic is
// written at once. What follows within a second waits until that is over. Then the last one is
// written, with how many were left out before it: so the log ends with how things are.
//
// A Diary belongs to one goroutine.
type Diary struct {
	log   Log
	pages []*page // of the topics so far; most channels never have any
}

// New returns an empty diary.
func New(l Log) Diary { return Diary{log: l} }

// A page is what the diary has about one topic.
type page struct {
	about  Topic
	next   time.Time // when the next line may be written
	waits  Remark    // the last remark since the last line
	unsaid int       // remarks since the last line
}

// Note takes a remark, and writes it if the last line on its topic is a second old.
func (d *Diary) Note(r Remark, now time.Time) {
	p := d.page(r.about)
	p.add(r)
	d.write(p, now)
}

// CatchUp writes the remarks that have waited long enough.
func (d *Diary) CatchUp(now time.Time) {
	for _, p := range d.pages {
		d.write(p, now)
	}
}

// Due returns when CatchUp has something to write, or at if that is sooner; zero: never. An owner
// with one timer sets it to that.
func (d *Diary) Due(at time.Time) time.Time {
	due := at
	for _, p := range d.pages {
		if p.unsaid > 0 && (due.IsZero() || p.next.Before(due)) {
			due = p.next
		}
	}
	return due
}

func (d *Diary) page(about Topic) *page {
	for _, p := range d.pages {
		if p.about == about {
			return p
		}
	}
	p := &page{about: about}
	d.pages = append(d.pages, p)
	return p
}

func (d *Diary) write(p *page, now time.Time) {
	if info := p.waits.info; p.due(now) {
		d.log.write(info, p.line(now))
	}
}

func (p *page) add(r Remark) {
	if p.unsaid > 0 {
		r = r.after(p.waits)
	}
	p.waits = r
	p.unsaid++
}

func (p *page) due(now time.Time) bool { return p.unsaid > 0 && !now.Before(p.next) }

// line returns the line that is due.
func (p *page) line(now time.Time) string {
	text := p.waits.String()
	if left := p.unsaid - 1; left > 0 {
		text = fmt.Sprintf("%s (%d similar lines were left out)", text, left)
	}
	*p = page{about: p.about, next: now.Add(between)}
	return text
}
