package grpclb

import (
	"fmt"
	"time"
)

// A topic is what a log line is about.
type topic uint8

const (
	aboutEntries  topic = iota // skipped entries of a list
	aboutTokens                // tokens of a list that are out of specification
	aboutEmpty                 // a list is empty
	aboutFull                  // a list is not empty, after one that was
	aboutContact               // contact with the balancer is lost
	aboutFallback              // fallback began
	aboutConfig                // unknown fields of a config
	topics
)

// A remark is a line for the log.
type remark struct {
	about topic
	text  string
}

// log writes a line about the topic.
func (t topic) log(line string) {
	if t == aboutFull {
		logger.Info(line)
	} else {
		logger.Warning(line)
	}
}

// between is the least time between two lines on a topic.
const between = time.Second

// A diary keeps a balancer from filling the log: the first line about a topic is written at
// once, and then at most one a second.
type diary [topics]page

type page struct {
	next time.Time // when the next line may be written
	left int       // how many lines were left out since the last one
}

// line returns the text for r, and whether it may be written now. It says how many
// lines were left out before it.
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
