package tokens

// A cursor follows a list while its successor is read, so that each server of
// the one meets its counterpart in the other without a look-up. It keeps step
// where servers were replaced in their places, or one at a time has gone or was
// added. Where it loses step nothing is wrong, only made anew.
type cursor struct {
	entries []*Entry
	next    int // the place that should come next
}

func (l *List) cursor() cursor {
	if l == nil {
		return cursor{}
	}
	return cursor{entries: l.Entries}
}

// none is the counterpart of a server that has none. No server has its address:
// only that of a drop has port 0, and is zero.
var none = &Entry{at: endpoint{ip: [16]byte{0xff}}}

// meet returns the counterpart of the server that comes next: the entry with
// its address, or if there is none near by, the one in whose place it is.
func (c *cursor) meet(at endpoint) *Entry {
	for _, place := range [...]int{c.next, c.next + 1, c.next - 1} {
		if e := c.entry(place); e.at == at {
			c.next = place + 1
			return e
		}
	}
	c.next++
	return c.entry(c.next - 1)
}

func (c *cursor) entry(place int) *Entry {
	if place < 0 || place >= len(c.entries) {
		return none
	}
	return c.entries[place]
}
