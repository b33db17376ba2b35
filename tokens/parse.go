package tokens

import lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

// Parse makes a list usable. A nil list and one without servers give an empty
// [List].
//
// A server that cannot be dialled is skipped. A token that cannot be sent is
// replaced by the empty one. A list that named backends and has no valid one
// becomes empty, whatever drops it holds: taken at its word, it would drop
// every call because of a mistake in the addresses.
//
// last is the list before, or nil. What the new list has in common with it is
// taken from it: a list of thousands that differs in one server costs little
// more than a slice.
func Parse(l *lbpb.ServerList, last *List) *List {
	// Room is reserved for what will be an entry, and for nothing else: a server
	// that says nothing takes two bytes of a message, and a message full of them
	// should leave nothing behind.
	p := parser{
		list:   &List{Entries: make([]*Entry, 0, usable(l.GetServers()))},
		last:   last.cursor(),
		shared: make(map[string]*Entry),
	}
	for i, s := range l.GetServers() {
		if s.GetDrop() {
			p.drop(i, s)
		} else {
			p.backend(i, s)
		}
	}
	if p.list.RejectedCount > 0 && p.list.Backends() == 0 {
		p.list.Entries, p.list.drops = nil, 0
	}
	return p.list
}

// usable counts the servers that will be entries.
func usable(servers []*lbpb.Server) (n int) {
	for _, s := range servers {
		if s.GetDrop() || unusable(s.GetIpAddress(), s.GetPort()) == (fault{}) {
			n++
		}
	}
	return n
}

// A parser is a list in the making.
type parser struct {
	list *List
	last cursor // over the list before

	// Backends that were not taken from the list before, by token: the first of
	// each. An empty token has its place too.
	shared map[string]*Entry

	overLength bool // a token over the specified length was noted
}

// drop adds a drop entry. The protocol gives it a token but no address, so an
// address in it, valid or not, means nothing.
func (p *parser) drop(i int, s *lbpb.Server) {
	token := s.GetLoadBalanceToken()
	p.noteLength(i, token)
	p.add(endpoint{}, token)
	p.list.drops++
}

// backend adds the entry of a backend, if it can be dialled.
func (p *parser) backend(i int, s *lbpb.Server) {
	if wrong := unusable(s.GetIpAddress(), s.GetPort()); wrong != (fault{}) {
		p.list.reject(i, wrong)
		return
	}
	token, wrong := sendable(s.GetLoadBalanceToken())
	if wrong != (fault{}) {
		p.list.warn(i, wrong)
	}
	p.noteLength(i, token)
	p.add(endpointOf(s.GetIpAddress(), s.GetPort()), token)
}

// add adds an entry: that of the list before, if it is the same.
func (p *parser) add(at endpoint, token string) {
	old := p.last.meet(at)
	if old.at != at || old.Token != token {
		old = p.entry(at, token, old)
	}
	p.list.Entries = append(p.list.Entries, old)
}

// entry makes an entry, with what it has in common with old.
func (p *parser) entry(at endpoint, token string, old *Entry) *Entry {
	e := &Entry{Token: token, at: at, Drop: at == endpoint{}}
	if e.Drop {
		return e
	}
	if e.Addr = old.Addr; at != old.at {
		e.Addr = at.String()
	}
	if token == old.Token && old.header != nil {
		e.Token, e.header = old.Token, old.header // so that the copy in the message can go
	} else {
		p.head(e)
	}
	return e
}

// sharing is how many tokens a list can share the metadata of. Where there are
// more, most backends have a token to themselves, and to look for another one with
// the same would cost more than it saves.
const sharing = 256

// head gives e the header of an entry with the same token, or else its own.
func (p *parser) head(e *Entry) {
	if same := p.shared[e.Token]; same != nil {
		e.Token, e.header = same.Token, same.header
		return
	}
	e.header = new(header)
	if len(p.shared) < sharing {
		p.shared[e.Token] = e
	}
}

// noteLength warns of the first token of a list that is longer than the
// protocol allows. A balancer that uses such tokens uses them everywhere, and
// one line says it.
func (p *parser) noteLength(i int, token string) {
	if len(token) > specifiedLength && !p.overLength {
		p.overLength = true
		p.list.warn(i, fault{
			"token of %d bytes, the specification allows less than 50 (said once for a list)", len(token)})
	}
}
