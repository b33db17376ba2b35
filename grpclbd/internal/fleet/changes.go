package fleet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// Changes are the last changes of lists, and the reasons for the next one.
type changes struct {
	last    []view.Change // the newest first
	all     int64         // how many there were
	reasons []string      // of what is not published yet
	more    int           // reasons that are left out
	served  int           // backends in the lists now
}

const (
	keptChanges = 50
	keptReasons = 4 // in one line
)

// because notes a reason for the next change.
func (c *changes) because(why string) {
	switch {
	case slices.Contains(c.reasons, why):
	case len(c.reasons) < keptReasons:
		c.reasons = append(c.reasons, why)
	default:
		c.more++
	}
}

// note adds a change to those that are kept.
func (c *changes) note(to int, now time.Time) view.Change {
	change := view.Change{At: now, From: c.served, To: to, Why: c.why()}
	c.all++
	c.last = slices.Insert(c.last, 0, change)
	c.last = c.last[:min(len(c.last), keptChanges)]
	return change
}

// why is the reasons in one line.
func (c *changes) why() string {
	s := strings.Join(c.reasons, "; ")
	if c.more > 0 {
		s += fmt.Sprintf("; and %d more", c.more)
	}
	return s
}

// published forgets the reasons.
func (c *changes) published(served int) { c.reasons, c.more, c.served = nil, 0, served }

// some is a few of the names, and how many more there are.
func some(names []string) string {
	const shown = 3
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}
