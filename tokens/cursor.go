package tokens

// A cursor goes through the previous list while a new list is parsed. For each server
// of the new list it finds the entry of the previous list without a look-up in a map. It
// finds most of them if servers were replaced, or added or removed one at a time. For a
// server that it does not find, Parse makes a new entry.
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

// none stands for "no entry". No server has its address: it has port 0, which only a
// drop has, and a drop's address is zero.
var none = &Entry{at: endpoint{ip: [16]byte{0xff}}}

// meet returns the previous list's entry for the next server: the one with its
// address, if that is at most one place away. Otherwise it returns the entry at the
// server's place, which has another address, or none.
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
