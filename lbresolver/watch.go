package lbresolver

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/actorlb/grpclb/actor"
)

// A doubt is why an answer may not be all there is. Go's resolver asks several
// questions for a look-up: for A and for AAAA records, and each with one domain of
// the search list after the other. It says no more than what the last of them came
// to, or the best. So a server that fails for a name, or says nothing, and another
// that truthfully has nothing under a search domain, come to "no such host".
type doubt struct {
	err    *net.DNSError // never one that says "not found"
	v4, v6 bool          // there may be other addresses of this kind
}

func (d *doubt) Error() string { return d.err.Error() }
func (d *doubt) Unwrap() error { return d.err }

// A query is one question to DNS.
type query struct {
	name string // in lower case
	kind dnsmessage.Type
}

func (q query) String() string { return strings.TrimPrefix(q.kind.String(), "Type") + " " + q.name }

// A note is what a connection to a DNS server saw. Who sends what: a connection,
// from the goroutine of Go's resolver that uses it → the watch of its look-up.
// There are no more of them than packets.
type note interface{ isNote() }

type (
	// reached: a server was dialled. The resolver meant one address, which may not be
	// where it came to.
	reached struct{ meant, real string }
	// sent: a question is on its way, or could not be sent.
	sent struct{ query query }
	// answered: there was an answer to it. It counts if it says what there is, or
	// that there is nothing.
	answered struct {
		query query
		code  dnsmessage.RCode
		valid bool
	}
)

func (reached) isNote()  {}
func (sent) isNote()     {}
func (answered) isNote() {}

// A watch notes what DNS servers were asked in a look-up, and which questions they
// answered. Where Go has the system look names up, it sees nothing, and the word
// of the system counts.
type watch struct{ notes *actor.Inbox[note] }

func newWatch() watch { return watch{actor.NewInbox[note]()} }

// verdict returns the error of the look-up that has ended with err: a doubt, if a
// question had no answer that counts. What comes later is not noted.
func (w watch) verdict(name string, err error) error {
	open, servers := map[query]string{}, map[string]string{}
	var last string
	for _, n := range w.notes.Close() {
		switch n := n.(type) {
		case reached:
			servers[n.meant], last = n.real, n.real
		case sent:
			open[n.query] = "no answer"
		case answered:
			if open[n.query] = n.code.String(); n.valid {
				delete(open, n.query)
			}
		default:
			panic(fmt.Sprintf("BUG: a look-up was told a %T", n))
		}
	}
	failed := asked(err, servers, last)
	if len(open) == 0 {
		if failed == nil {
			return err
		}
		return failed
	}
	return newDoubt(name, failed, last, open)
}

// asked returns nil if err is not a DNS error. Otherwise it returns a copy that names
// the server really asked.
func asked(err error, servers map[string]string, last string) *net.DNSError {
	failed, ok := err.(*net.DNSError)
	if !ok {
		return nil
	}
	mended := *failed
	if real, ok := servers[failed.Server]; ok {
		mended.Server = real
	} else if failed.Server == "" {
		mended.Server = last
	}
	return &mended
}

// newDoubt says which questions are open. A failure that is something else than
// "not found" says what is wrong by itself.
func newDoubt(name string, failed *net.DNSError, server string, open map[query]string) *doubt {
	d := &doubt{err: failed}
	var questions []string
	for _, q := range slices.SortedFunc(maps.Keys(open), func(a, b query) int { return strings.Compare(a.String(), b.String()) }) {
		d.v4, d.v6 = d.v4 || q.kind == dnsmessage.TypeA, d.v6 || q.kind == dnsmessage.TypeAAAA
		questions = append(questions, q.String()+": "+strings.TrimPrefix(open[q], "RCode"))
	}
	if failed == nil || failed.IsNotFound {
		d.err = &net.DNSError{Err: "not all questions were answered (" + strings.Join(questions, ", ") + ")",
			Name: name, Server: server, IsTemporary: true}
	}
	return d
}
