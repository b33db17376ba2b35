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

// SetServers makes servers the answer to clients of the service, which it adds if it is new.
// Clients that are connected are sent the list, unless they have an equal one. No servers is
// a list too: clients of this module then hold their RPCs until a list with servers comes
// (for other clients see the package's text). The slice is copied.
//
// If all weights are equal, the list has the servers in the order given. If not, see [Server]
// for the order and for how often each is listed.
//
// If it returns an error, nothing has changed. It does so for a service name that is empty,
// longer than 255 bytes or not UTF-8; for an entry that [Server] does not allow (the error
// has its index, from 0); for a list over [Options.MaxListBytes]; and, with [ErrClosed],
// after Close.
func (b *Balancer) SetServers(service string, servers []Server) error {
	return b.SetServersFor(service, "", servers)
}

// SetServersFor is SetServers for the clients of one class, see [Options.Classify]. They get
// this list, even if it is empty, until the next SetServersFor, SetFallbackFor or RemoveFor.
// The class may have clients already or not. Clients of classes without an answer of their
// own get the service's, which is that of the class "". If the service has none, their
// streams end with NOT_FOUND, and they ask again after their backoff; if Expect was called,
// they wait for an answer.
//
// It refuses what SetServers refuses, and a class longer than 255 bytes or not UTF-8.
func (b *Balancer) SetServersFor(service, class string, servers []Server) error {
	name, err := b.name(service)
	if err != nil {
		return err
	}
	if err := checkClass(class); err != nil {
		return fmt.Errorf("lbserver: service %q: %w", service, err)
	}
	a, err := listAnswer(fit(servers, b.opts.MaxEntries), b.mark, b.opts.MaxListBytes)
	if err != nil {
		return fmt.Errorf("lbserver: service %q: %w", service, err)
	}
	a.servers = slices.Clone(servers)
	return seen(b.inbox.answered(name, class, a))
}

// SetFallback tells clients of the service, which it adds if it is new, to use their fallback
// addresses, even while their backends are healthy. The next SetServers ends that. Classes
// that have an answer of their own keep it. It refuses the same names as SetServers, and
// returns [ErrClosed] from a closed balancer.
func (b *Balancer) SetFallback(service string) error { return b.SetFallbackFor(service, "") }

// SetFallbackFor is SetFallback for the clients of one class, until the next
// SetServersFor or RemoveFor.
func (b *Balancer) SetFallbackFor(service, class string) error {
	name, err := b.name(service)
	if err != nil {
		return err
	}
	if err := checkClass(class); err != nil {
		return fmt.Errorf("lbserver: service %q: %w", service, err)
	}
	return seen(b.inbox.answered(name, class, fallbackAnswer()))
}

// Fallback is SetFallback.
//
// Deprecated: its name reads like a question. Use SetFallback.
func (b *Balancer) Fallback(service string) error { return b.SetFallback(service) }

// Expect says that the service will have an answer which is not known yet. Call it when the
// balancer starts before it knows the backends. Clients of the service are then sent nothing
// until the first SetServers or SetFallback; without Expect their streams would end with
// NOT_FOUND. A service or class that has an answer keeps it. Expect refuses the same names as
// SetServers, and returns [ErrClosed] from a closed balancer.
func (b *Balancer) Expect(service string) error {
	name, err := b.name(service)
	if err != nil {
		return err
	}
	return seen(b.inbox.expected(name))
}

// RemoveFor removes the class's own answer: its clients get that of the service. If the
// service has none, their streams end with NOT_FOUND. If Expect was called, they keep the
// list that they have, and the streams that they have too; State then shows that they wait
// (Answer is 0) and what they were handed last. For the class "" it removes the service's own
// answer, which is also the one of classes without their own. If there is no such answer, it
// does nothing.
//
// A program that makes a class for each client (or for each zone that a client may name) has
// to remove what it has set, or answers pile up; [Balancer.Answers] lists them. The end of a
// stream is no reason: the client's next stream has often begun before OnEnd hears of the
// last one's end, and would lose its answer. Remove the answer when the client has had no
// stream for some minutes. [github.com/actorlb/grpclb/lbserver/assign.Presence] counts
// streams for that, and the example Fleet there shows it at work.
func (b *Balancer) RemoveFor(service, class string) {
	b.inbox.unset(b.opts.normalized(service), class)
}

// Remove forgets the service with all its classes. The streams of its clients end with
// NOT_FOUND. The clients keep their last list while a backend of it is READY, and ask again.
// If the name is not known, Remove does nothing.
func (b *Balancer) Remove(service string) { b.inbox.removed(b.opts.normalized(service)) }

// name returns the normalized name of a service. It refuses names that no client can ask for,
// and the empty name, which is surely a mistake. The protocol's strings are UTF-8.
func (b *Balancer) name(service string) (string, error) {
	b.inbox.mustBe()
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

// checkClass has for classes the rules that names of services have, except that "" is
// the class of clients without one.
func checkClass(class string) error {
	switch {
	case len(class) > maxNameBytes:
		return fmt.Errorf("the class is %d bytes long, over %d", len(class), maxNameBytes)
	case !utf8.ValidString(class):
		return fmt.Errorf("the class %q is not UTF-8", class)
	}
	return nil
}

// seen returns ErrClosed if the loop had ended and did not see the message.
func seen(sent bool) error {
	if !sent {
		return ErrClosed
	}
	return nil
}
