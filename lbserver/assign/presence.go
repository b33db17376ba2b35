package assign

import (
	"maps"
	"slices"
	"time"
)

// Presence counts the streams of clients, to tell a client that is between two streams from
// one that has gone. A client's next stream often begins before the last one's end is known,
// and every stream ends at [lbserver.Options.MaxCallAge]: so the end of a stream is no reason
// to forget the client.
//
// Call Begin in lbserver's OnBegin and End in its OnEnd, or have them tell the goroutine that
// owns the Presence: its methods must not be called by two goroutines at the same time. The
// zero Presence is ready to use.
type Presence struct {
	stays map[string]*stay
}

// A stay is a client that was not forgotten.
type stay struct {
	streams int
	ended   time.Time // the last of them, if there are none
}

// Begin notes that a client has one stream more.
func (p *Presence) Begin(client string) {
	if p.stays == nil {
		p.stays = map[string]*stay{}
	}
	if p.stays[client] == nil {
		p.stays[client] = &stay{}
	}
	p.stays[client].streams++
}

// End notes that a stream of the client ended. Without a Begin before it does nothing.
func (p *Presence) End(client string, now time.Time) {
	s := p.stays[client]
	if s == nil || s.streams == 0 {
		return
	}
	s.streams--
	s.ended = now
}

// Clients returns the clients that have begun and were not forgotten, sorted.
func (p *Presence) Clients() []string { return slices.Sorted(maps.Keys(p.stays)) }

// Forget forgets the clients that have had no stream since then or longer, and returns
// them, sorted. Of each of them, what was kept can go: call [Subsets.Leave] or
// [ZoneSubsets.Leave], and [lbserver.Balancer.RemoveFor] if the client was a class of its own.
func (p *Presence) Forget(then time.Time) (gone []string) {
	for client, s := range p.stays {
		if s.streams == 0 && !s.ended.After(then) {
			gone = append(gone, client)
			delete(p.stays, client)
		}
	}
	slices.Sort(gone)
	return gone
}
