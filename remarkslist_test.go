package grpclb

import (
	"strings"
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/tokens"
)

// What is logged of a list names the entries by index and reason, and stays
// one line however many are wrong.
func TestList_InvalidIsLogged(t *testing.T) {
	l := &lbpb.ServerList{Servers: make([]*lbpb.Server, 100_000)}
	for i := range l.Servers {
		l.Servers[i] = &lbpb.Server{IpAddress: []byte{10, 0, 0, 1}, Port: 70000}
	}
	list := tokens.Parse(l, nil)
	got := reasons(list.Rejected, list.RejectedCount)
	for _, want := range []string{"entry 0: port 70000", "entry 1: port 70000", "and 99984 more"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q, want %q in it", got, want)
		}
	}
	if len(got) > 2000 || strings.Contains(got, "\n") {
		t.Errorf("a line of %d bytes: %q", len(got), got)
	}
}

// An empty list is logged when it comes, with what it means, and when one comes
// that is not empty; however often it is repeated.
func TestList_Empty_IsLogged(t *testing.T) {
	for _, c := range []struct{ history, want string }{
		{"resolve lb:x at:p|list|list|list a:t", "list is empty: calls wait|list is no longer empty, after 0s"},
		{"resolve lb:x at:p empty:fail|list|resolve lb:x empty:fail|list a:t|list a:t", "list is empty: calls fail|list is no longer empty, after 0s"},
		{"resolve lb:x at:p empty:keep|list a:t|list|list a:t", "list is empty: the list before it stays in use|list is no longer empty, after 0s"},
		{"resolve lb:x at:p empty:keep|list|list b:t", "list is empty: calls wait|list is no longer empty, after 0s"},
		{"resolve lb:x at:p|asked|list|list|list a:t", "the balancer asked for it|list is empty: the fallback addresses stay in use|list is no longer empty, after 0s"},
		{"resolve lb:x at:p|list a:t|list b:t", ""},
	} {
		s := newStage()
		for event := range strings.SplitSeq(c.history, "|") {
			if !s.play(strings.Fields(event)) {
				t.Fatalf("no such event: %q", event)
			}
			s.deliver()
		}
		var got []string
		for _, r := range s.machine.takeRemarks() {
			if text := r.String(); !strings.HasPrefix(text, "server list in use") && !strings.HasPrefix(text, "fallback is over") {
				got = append(got, text)
			}
		}
		want := strings.Split(c.want, "|")
		if c.want == "" {
			want = nil
		}
		if len(got) != len(want) {
			t.Errorf("%s: logged %q, want %q", c.history, got, want)
			continue
		}
		for i := range got {
			if !strings.HasSuffix(got[i], want[i]) {
				t.Errorf("%s: line %d is %q, want %q at its end", c.history, i, got[i], want[i])
			}
		}
	}
}
