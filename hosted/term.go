package hosted

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
)

// A Term is the time in which a child chooses the backends of one plan. The group's goroutine
// owns all fields but the first.
type Term struct {
	over atomic.Bool // set when the generation is retired, read by picks

	// Set to nil when the generation is retired.
	by      *Instance
	plan    *Plan
	entries Entries
	said    *balancer.State // the state that the child published last for this plan

	stale      bool   // the picker that Picker returned last has to be replaced
	decided    bool   // the child has been READY or in TRANSIENT_FAILURE
	heardAfter uint64 // the number of the order after which the term is heard; 0: not known yet
	heard      bool   // see Heard

	// Its seats; see seats.go.
	serves    bool   // Picker was called
	seated    bool   // connections have seats
	slot      int    // the index of its seats in Conn.seats
	builds    uint64 // how often seat was called
	byAddress map[string]*addressEntries
	seats     []*seat
	vacated   []*seat   // of connections that the child has shut down since the last call of seat
	freed     []SubConn // not held any more, but the published picker still names them
	anyReady  int       // the place in seats of one that was READY
	held      []SubConn // set by Retire: not shut down before the last call has ended
}

// supersede notes that the instance gets a newer plan. If a picker of this term was built, the
// term goes on serving calls with the picker that the child published last, even if gRPC
// has not got that one yet.
func (t *Term) supersede() {
	if !t.serves || t.by == nil {
		return
	}
	if t.stale {
		t.seat()
	}
	t.stale = true
}

// lost notes that a connection is not READY any more. If the term is superseded, its picker
// has to be replaced, because the child does not do it.
func (t *Term) lost() {
	if t.by != nil && t.superseded() {
		t.stale = true
	}
}

// free lets go the SubConns that the next picker does not name. The group shuts none of them
// down before that picker is published.
func (t *Term) free() {
	for _, c := range t.freed {
		t.by.group.LetGo(c)
	}
	t.freed = nil
}

// Leave says that the term's generation is neither the current nor the incoming one any more.
// SubConns with a seat stay held until End.
func (t *Term) Leave() {
	t.free()
	t.by.terms--
}

// Retire comes after Leave, when the published picker is not of this term any more. It keeps
// only the SubConns.
func (t *Term) Retire() {
	t.over.Store(true)
	for _, s := range t.seats {
		t.held = append(t.held, s.conn.sub)
		s.conn.seats[t.slot].CompareAndSwap(s, nil)
	}
	t.by, t.plan, t.entries, t.said = nil, nil, nil, nil
	t.byAddress, t.seats, t.vacated = nil, nil, nil
}

// End comes after Retire, when the last call has ended. It lets go the SubConns.
func (t *Term) End(g Group) {
	for _, c := range t.held {
		c.Users().letGo(t)
		g.LetGo(c)
	}
	t.held = nil
}
