package source

import (
	"crypto/sha256"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

const (
	filePoll  = 3 * time.Second        // between two readings; events may be lost, and network file systems have none
	fileQuiet = 50 * time.Millisecond  // after the last event before it is read: whoever writes may not have finished
	fileLate  = 500 * time.Millisecond // after the first event it is read although there are more
)

// A fileCore decides when the file is read, and what is told.
type fileCore struct {
	word
	cfg   config.Source
	due   time.Time         // when it is read next
	first time.Time         // of the events since it was last read; zero: there were none
	hash  [sha256.Size]byte // of the text that was last read without a fault
}

// changed notes an event about the file.
func (c *fileCore) changed(now time.Time) {
	if c.first.IsZero() {
		c.first = now
	}
	c.due = now.Add(fileQuiet)
	if late := c.first.Add(fileLate); late.Before(c.due) {
		c.due = late
	}
}

// read notes what the file had. It returns what to tell, or false for nothing.
func (c *fileCore) read(now time.Time, text []byte, err error) (backend.Report, bool) {
	c.first, c.due = time.Time{}, now.Add(filePoll)
	if err != nil {
		return c.failed(now, err)
	}
	hash := sha256.Sum256(text)
	if c.last.Backends != nil && hash == c.hash {
		return c.still(now), true
	}
	all, err := parseList(c.cfg, text)
	if err != nil {
		return c.failed(now, err)
	}
	c.hash = hash
	return c.word.read(now, all, ""), true
}
