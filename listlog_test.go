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
