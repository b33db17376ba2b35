package tokens

import (
	"testing"

	"go.uber.org/goleak"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parse parses a list of these servers.
func parse(servers ...*lbpb.Server) *List { return Parse(&lbpb.ServerList{Servers: servers}, nil) }

// backend returns a server at 10.0.0.n.
func backend(n byte, port int32, token string) *lbpb.Server {
	return &lbpb.Server{IpAddress: []byte{10, 0, 0, n}, Port: port, LoadBalanceToken: token}
}

// drop returns a drop with a token.
func drop(token string) *lbpb.Server { return &lbpb.Server{LoadBalanceToken: token, Drop: true} }

// wantEntry is what a test expects of an entry, in a form that can be compared.
type wantEntry struct {
	addr, token string
	drop        bool
}

// checkEntries compares the entries of l with their metadata.
func checkEntries(t *testing.T, l *List, want ...wantEntry) {
	t.Helper()
	if len(l.Entries) != len(want) {
		t.Fatalf("%d entries %v, want %d", len(l.Entries), l.Entries, len(want))
	}
	for i, e := range l.Entries {
		if got := (wantEntry{e.Addr, e.Token, e.Drop}); got != want[i] {
			t.Errorf("entry %d is %+v, want %+v", i, got, want[i])
		}
		checkMetadata(t, i, e)
	}
}

// checkMetadata checks that a backend has its token as metadata and nothing else, and a
// drop nothing.
func checkMetadata(t *testing.T, i int, e *Entry) {
	t.Helper()
	if e.Drop {
		if e.Metadata() != nil {
			t.Errorf("entry %d is a drop with metadata %v", i, e.Metadata())
		}
		return
	}
	got := e.Metadata()["lb-token"]
	if len(e.Metadata()) != 1 || len(got) != 1 || got[0] != e.Token {
		t.Errorf("entry %d has metadata %v, want lb-token with %q alone", i, e.Metadata(), e.Token)
	}
}
