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

// A doubt says why an answer may be incomplete. For one look-up Go's resolver asks several
// questions: for A and for AAAA records, and for each domain of the search list. It returns the
// last or the best result only. So if one server fails and another one has nothing under a search
// domain, it returns "no such host".
type doubt struct {
	err    *net.DNSError // never a "not found"
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

// A note is what a connection to a DNS server saw. It goes from the goroutine of Go's resolver that
// uses the connection to the watch of the look-up. There are at most as many notes as packets.
type note interface{ isNote() }

type (
	// reached: a server was dialled, which may have another address than the resolver asked
	// for.
	reached struct{ meant, real string }
	// sent: a question is being sent, or could not be sent.
	sent struct{ query query }
	// answered: an answer came. It counts if it has records, or says that there are none.
	answered struct {
		query query
		code  dnsmessage.RCode
		valid bool
	}
)

func (reached) isNote()  {}
func (sent) isNote()     {}
func (answered) isNote() {}

// A watch notes which DNS servers were asked in a look-up, and which questions they answered. If the
// system looks names up instead of Go, the watch sees nothing, and the result is taken as it is.
type watch struct{ notes *actor.Inbox[note] }

func newWatch() watch { return watch{actor.NewInbox[note]()} }

// verdict returns the error of a look-up that ended with err. It is a doubt if a question had no
// answer that counts. Later notes are ignored.
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

// asked returns nil if err is not a DNS error. Otherwise it returns a copy with the name of the
// server that was really asked.
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

// newDoubt returns a doubt about the questions without an answer. An err other than "not found" is
// its reason.
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
