package hosted

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
)

// A Term is the time in which a child chooses the backends of one plan. All but
// what is marked is owned by the group's goroutine.
type Term struct {
	over atomic.Bool // set when the plan is retired, read by picks

	// Forgotten when the plan is retired.
	by      *Instance
	plan    *Plan
	entries Entries
	said    *balancer.State // what the child published last for this plan

	stale   bool   // what Picker returned last is out of date
	decided bool   // the child was READY or in TRANSIENT_FAILURE at some time
	hearOut uint64 // the order that the child is heard out until; 0: not known yet
	heard   bool   // it was heard out

	// Its seats; see seats.go.
	serves    bool               // Picker was called
	seated    bool               // connections have seats
	slot      int                // where they have them, see Conn.seats
	builds    uint64             // how often the seats were brought up to date
	byAddress map[string]*takers // the entries of each address
	seats     []*seat
	vacated   []*seat   // of connections that the child has given up since the last build
	freed     []SubConn // held no more, and still named by the picker that is out
	anyReady  int       // the place of a seat that was READY
	held      []SubConn // once retired: until the last call is done
}

// supersede notes that the child is given a newer plan. If this one serves, the last
// thing that the child said for it goes on serving, which may not be published yet,
// over the connections that are left.
func (t *Term) supersede() {
	if !t.serves || t.by == nil {
		return
	}
	if t.stale {
		t.seat()
	}
	t.stale = true
}

// lost notes that a connection is lost. If the term is superseded its child does not
// look after that.
func (t *Term) lost() {
	if t.by != nil && t.superseded() {
		t.stale = true
	}
}

// free lets go the SubConns that the picker which is being built does not name any
// more. The group lets nothing go before that picker is published.
func (t *Term) free() {
	for _, c := range t.freed {
		t.by.group.LetGo(c)
	}
	t.freed = nil
}

// Leave says that the term does not serve calls any more, and is not going to. The
// SubConns that its picker may return are held until End.
func (t *Term) Leave() {
	t.free()
	t.by.terms--
}

// Retire comes after Leave, when a picker that does not pick for this term is
// published. Nothing is kept but the SubConns.
func (t *Term) Retire() {
	t.over.Store(true)
	for _, s := range t.seats {
		t.held = append(t.held, s.conn.sub)
		s.conn.seats[t.slot].CompareAndSwap(s, nil)
	}
	t.by, t.plan, t.entries, t.said = nil, nil, nil, nil
	t.byAddress, t.seats, t.vacated = nil, nil, nil
}

// End comes after Retire, when the last call is done.
func (t *Term) End(g Group) {
	for _, c := range t.held {
		c.Users().letGo(t)
		g.LetGo(c)
	}
	t.held = nil
}
