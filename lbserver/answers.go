package lbserver

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// maxNameBytes is the longest service name: load_balancer.proto wants it
// shorter than 256 bytes.
const maxNameBytes = 255

// SetServers makes servers the answer to clients of the service, which it adds
// if it is new. Clients that are connected are told, unless the list is equal
// to what they have. No servers is a list too: clients then hold their calls
// until one comes that has some. The slice is not kept.
//
// The order is kept for servers of equal weight; with weights it is the one
// that [Server] describes, and so is how often each is listed.
//
// Nothing changes if it returns an error: for a service name that is empty,
// longer than 255 bytes or not UTF-8; for an entry that [Server] does not
// allow, naming its index, from 0; for a list over [Options.MaxListBytes]; and
// [ErrClosed].
func (b *Balancer) SetServers(service string, servers []Server) error {
	return b.SetServersFor(service, "", servers)
}

// SetServersFor is SetServers for the clients of one class, see [Options.Classify].
// They get this list, even if it is empty, until RemoveFor. Clients of classes
// without a list get the service's own, which is that of the class "". If there is none
// they are told NOT_FOUND, or wait for it if Expect was called.
func (b *Balancer) SetServersFor(service, class string, servers []Server) error {
	name, err := b.name(service)
	if err != nil {
		return err
	}
	a, err := listAnswer(fit(servers, b.opts.MaxEntries), b.mark, b.opts.MaxListBytes)
	if err != nil {
		return fmt.Errorf("lbserver: service %q: %w", service, err)
	}
	a.servers = slices.Clone(servers)
	return seen(b.inbox.answered(name, class, a))
}

// SetFallback tells clients of the service, which it adds if it is new, to use
// their fallback addresses, even while their backends are healthy. The next
// SetServers ends that. Classes that have a list of their own keep it. It refuses
// the same names as SetServers, and returns [ErrClosed] from a closed balancer.
func (b *Balancer) SetFallback(service string) error { return b.SetFallbackFor(service, "") }

// SetFallbackFor is SetFallback for the clients of one class, until the next
// SetServersFor or RemoveFor.
func (b *Balancer) SetFallbackFor(service, class string) error {
	name, err := b.name(service)
	if err != nil {
		return err
	}
	return seen(b.inbox.answered(name, class, fallbackAnswer()))
}

// Fallback is SetFallback.
//
// Deprecated: its name reads like a question. Use SetFallback.
func (b *Balancer) Fallback(service string) error { return b.SetFallback(service) }

// Expect says that the service will have an answer which is not known yet, as
// after the start of the balancer. Its clients are told nothing until the first
// SetServers or SetFallback, where they would be told NOT_FOUND otherwise. A service
// that has an answer keeps it, and classes that have one get it. Expect refuses the same
// names as SetServers, and returns [ErrClosed] from a closed balancer.
func (b *Balancer) Expect(service string) error {
	name, err := b.name(service)
	if err != nil {
		return err
	}
	return seen(b.inbox.expected(name))
}

// RemoveFor takes the class's own answer away: its clients get that of the
// service. If the service has none, their calls end with NOT_FOUND; if it is
// expected, they keep what they have. For the class "" it takes the service's own
// answer, which other classes without one had too. What is not there is not removed.
func (b *Balancer) RemoveFor(service, class string) {
	b.inbox.unset(b.opts.normalized(service), class)
}

// Remove forgets the service with all its classes. The calls of its clients end
// with NOT_FOUND: they keep their last list as long as its backends last and ask
// again. A name that is not known is none to forget.
func (b *Balancer) Remove(service string) { b.inbox.removed(b.opts.normalized(service)) }

// name returns the one name of a service. It refuses names that no client can ask
// for or that are surely mistakes. The protocol's strings are UTF-8.
func (b *Balancer) name(service string) (string, error) {
	name := b.opts.normalized(service)
	switch {
	case name == "":
		return "", errors.New("lbserver: the service name is empty")
	case len(name) > maxNameBytes:
		return "", fmt.Errorf("lbserver: the service name is %d bytes long, over %d", len(name), maxNameBytes)
	case !utf8.ValidString(name):
		return "", fmt.Errorf("lbserver: the service name %q is not UTF-8", name)
	}
	return name, nil
}

// seen returns the error for a message that the loop may have been too late for.
func seen(sent bool) error {
	if !sent {
		return ErrClosed
	}
	return nil
}
