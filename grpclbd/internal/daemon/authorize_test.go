package daemon

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/directory"
	"github.com/actorlb/grpclb/lbserver"
)

// behind serves a balancer without services behind a policy, and returns where: clients that are
// allowed get NOT_FOUND.
func behind(t *testing.T, p policy) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	services := directory.Start()
	b, s := lbserver.New(hooks{services, p}.options(config.Limits{})), grpc.NewServer()
	b.Register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		b.Close()
		s.Stop()
		<-served
		services.Stop()
	})
	return l.Addr().String()
}

// A policy that is replaced counts for the next stream. One that can't be used changes nothing.
func TestSecure_PolicyIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	allows := func(service string) string {
		return `{"name": "p", "allow_rules": [{"name": "r", "request": {"headers": [{"key": "grpclb-service", "values": ["` + service + `"]}]}}]}`
	}
	write(allows("blue"))
	p, err := openPolicyEvery(file, silent, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	address := behind(t, p)
	until := func(service, want string) {
		t.Helper()
		got := ""
		for end := time.Now().Add(patience); time.Now().Before(end); {
			if got = askAt(t, address, service).next(); got == want {
				return
			}
		}
		t.Fatalf("%s gets %s, want %s", service, got, want)
	}
	until("blue", notFound)
	until("red", denied)
	write(allows("red"))
	until("red", notFound)
	until("blue", denied)
	if err := policyFile(file).Try(); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "rubbish", `{"name": "p"}`} {
		write(bad)
		if policyFile(file).Try() == nil {
			t.Errorf("policy %q can be used", bad)
		}
		pause, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		<-pause.Done()
		cancel()
		until("red", notFound)
		until("blue", denied)
	}
}
