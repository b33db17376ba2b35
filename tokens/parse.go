package tokens

import lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

// Parse checks a list. If l is nil or has no servers, the result is an empty [List].
//
// A server whose address can't be dialled is skipped. A token that can't be sent is
// replaced by the empty one. If servers were skipped and no backend is left, the result
// is empty, even if the list has drops: otherwise the drops would end every call, because
// of a mistake in the addresses.
//
// last is the previous list, or nil. The new list shares the entries that are the same
// in both. So a list of thousands that differs in one server needs little more memory
// than a slice.
func Parse(l *lbpb.ServerList, last *List) *List {
	// Memory is reserved only for servers that become entries. An empty server takes two
	// bytes of a message, so a message may have millions of them.
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

// A parser holds what Parse needs while it makes a list.
type parser struct {
	list *List
	last cursor // over the previous list

	// For each token, also the empty one, the first new entry that has it.
	shared map[string]*Entry

	overLength bool // a token that is longer than the protocol allows was noted
}

// drop adds a drop entry. In the protocol it has a token and no address. If the
// balancer sends an address nevertheless, it is ignored.
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

// add adds an entry: the previous list's, if that has the same address and token.
func (p *parser) add(at endpoint, token string) {
	old := p.last.meet(at)
	if old.at != at || old.Token != token {
		old = p.entry(at, token, old)
	}
	p.list.Entries = append(p.list.Entries, old)
}

// entry makes an entry. It shares the address and the token with old where they are
// equal.
func (p *parser) entry(at endpoint, token string, old *Entry) *Entry {
	e := &Entry{Token: token, at: at, Drop: at == endpoint{}}
	if e.Drop {
		return e
	}
	if e.Addr = old.Addr; at != old.at {
		e.Addr = at.String()
	}
	if token == old.Token && old.header != nil {
		e.Token, e.header = old.Token, old.header // so the message's copy can be freed
	} else {
		p.head(e)
	}
	return e
}

// sharing is for how many tokens of a list entries share metadata. If a list has more
// tokens than that, most backends have their own, and keeping all tokens in a map would
// cost more than it saves.
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

// noteLength warns of the first token of a list that is longer than the protocol
// allows, and of no other: a balancer that sends one such token likely sends many.
func (p *parser) noteLength(i int, token string) {
	if len(token) > specifiedLength && !p.overLength {
		p.overLength = true
		p.list.warn(i, fault{
			"token of %d bytes, the specification allows less than 50 (said once for a list)", len(token)})
	}
}
