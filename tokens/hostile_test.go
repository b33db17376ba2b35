package tokens

import (
	"strings"
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// repeated returns a list that has the same server n times.
func repeated(n int, s *lbpb.Server) *lbpb.ServerList {
	l := &lbpb.ServerList{Servers: make([]*lbpb.Server, n)}
	for i := range l.Servers {
		l.Servers[i] = s
	}
	return l
}

// A list in which every server is invalid costs a few texts, not one for each server: less
// than one allocation for a hundred servers.
func TestSecure_HostileListsCostFewWords(t *testing.T) {
	const n = 100_000
	for name, s := range map[string]*lbpb.Server{
		"nothing":           {},
		"bad IP":            {IpAddress: make([]byte, 200), Port: 80},
		"no token":          backend(1, 80, ""),
		"bad token":         backend(1, 80, "\n"),
		"space at an end":   backend(1, 80, "a "),
		"token too long":    backend(1, 80, strings.Repeat("x", 5000)),
		"token over length": backend(1, 80, strings.Repeat("x", 1000)),
	} {
		l := repeated(n, s)
		var got *List
		allocs := testing.AllocsPerRun(1, func() { got = Parse(l, nil) })
		// A server that becomes an entry needs the entry and the text of its address.
		if spare := allocs - 2*float64(got.Backends()); spare > n/100 {
			t.Errorf("%s: %v allocations besides the %d entries", name, spare, got.Backends())
		}
		if len(got.Rejected) > described || len(got.Warnings) > described {
			t.Errorf("%s: %d rejections and %d warnings in words, want at most %d each",
				name, len(got.Rejected), len(got.Warnings), described)
		}
		if faults := got.RejectedCount + got.WarningCount; (name == "no token") != (faults == 0) || faults > 1 && faults != n {
			t.Errorf("%s: %d faults counted", name, faults)
		}
	}
}

// The faults that are described are the first ones of the list.
func TestSecure_HostileListIsDescribedFromItsBeginning(t *testing.T) {
	l := Parse(repeated(described+5, &lbpb.Server{}), nil)
	if len(l.Rejected) != described || l.RejectedCount != described+5 {
		t.Fatalf("%d of %d rejections in words, want %d of %d",
			len(l.Rejected), l.RejectedCount, described, described+5)
	}
	for i, r := range l.Rejected {
		if r.Index != i {
			t.Errorf("rejection %d is of server %d", i, r.Index)
		}
	}
}

// A message of empty servers leaves no memory in use.
func TestSecure_HostileListOfNothingReservesNothing(t *testing.T) {
	l := repeated(10_000, &lbpb.Server{})
	l.Servers = append(l.Servers, backend(1, 80, "t"))
	if got := cap(Parse(l, nil).Entries); got > 8 {
		t.Errorf("room for %d entries held for a list of one", got)
	}
}

// Logs say which server has the invalid token. They don't have the token.
func TestSecure_HostileTokensAreNotRepeatedInReasons(t *testing.T) {
	const secret = "sesame"
	l := parse(backend(1, 80, secret+"\n"), backend(2, 80, strings.Repeat(secret, 500)),
		backend(3, 80, strings.Repeat(secret, 20)), backend(4, 0, secret))
	if l.WarningCount != 3 || l.RejectedCount != 1 {
		t.Fatalf("%d warnings and %d rejections, want 3 and 1", l.WarningCount, l.RejectedCount)
	}
	for _, w := range l.Warnings {
		if strings.Contains(w.Reason, secret) {
			t.Errorf("warning %q repeats the token", w.Reason)
		}
	}
	if r := l.Rejected[0].Reason; strings.Contains(r, secret) {
		t.Errorf("rejection %q repeats the token", r)
	}
}
