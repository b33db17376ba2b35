package grpclb

import (
	"fmt"
	"time"
)

// A topic is what a line of the log is about.
type topic uint8

const (
	aboutEntries  topic = iota // of a list, that were skipped
	aboutTokens                // of a list, that are out of order
	aboutEmpty                 // a list that is empty
	aboutFull                  // one that follows it and is not
	aboutContact               // with the balancer, that is lost
	aboutFallback              // which began
	aboutConfig                // fields that nobody knows
	topics
)

// A remark is something for the log.
type remark struct {
	about topic
	text  string
}

// log writes a line on the topic.
func (t topic) log(line string) {
	if t == aboutFull {
		logger.Info(line)
	} else {
		logger.Warning(line)
	}
}

// between is the least time between two lines on a topic.
const between = time.Second

// A diary keeps a balancer from filling the log, whatever it does: of each topic
// there is a line when it comes up, and then one a second at most.
type diary [topics]page

type page struct {
	next time.Time // when there may be a line again
	left int       // lines that were left out since the last one
}

// line returns the line for r, or none if it is left out. The next line says how
// many were.
func (d *diary) line(r remark, now time.Time) (text string, due bool) {
	p := &d[r.about]
	if now.Before(p.next) {
		p.left++
		return "", false
	}
	text = r.text
	if p.left > 0 {
		text = fmt.Sprintf("%s (%d similar lines were left out)", text, p.left)
	}
	*p = page{next: now.Add(between)}
	return text, true
}
