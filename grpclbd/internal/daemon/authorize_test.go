package daemon

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

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

// policyChanges are the owner of a policy.
type policyChanges chan struct{}

func (c policyChanges) PolicySaid() { c <- struct{}{} }

// A policy that is replaced counts for the clients that are connected.
func TestSecure_PolicyOfConnectedClients(t *testing.T) {
	allows := func(service string) string {
		return `{"name": "p", "allow_rules": [{"name": "r", "request": {"headers": [{"key": "grpclb-service", "values": ["` + service + `"]}]}}]}`
	}
	file := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(file, []byte(allows("*")), 0o600); err != nil {
		t.Fatal(err)
	}
	d := begin(t, "policy", fmt.Sprintf("authz: %q\nservices:\n", file)+static("blue", "a")+static("red", "b"))
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	blue, red := ask(t, d, "blue"), ask(t, d, "red")
	blue.wants("a")
	red.wants("b")
	// What the reader of the file does five seconds after a change.
	reader := &policyReader{file: file, inbox: d.policy.inbox, owner: d.in, text: allows("*")}
	if err := os.WriteFile(file, []byte(allows("red")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := reader.Try(); err != nil {
		t.Fatal(err)
	}
	blue.wants(denied)
	reload(t, d, static("blue", "a")+static("red", "c"))
	red.wants("c")
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
	changes := make(policyChanges, 10)
	p, err := openPolicyEvery(file, changes, silent, time.Millisecond)
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
	<-changes
	for _, bad := range []string{"", "rubbish", `{"name": "p"}`} {
		write(bad)
		pause, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		<-pause.Done()
		cancel()
		until("red", notFound)
		until("blue", denied)
	}
	if len(changes) != 0 {
		t.Error("its owner was told of a change that is none")
	}
}

// A file without a policy is none: it would allow everything or nothing, and nobody has said which.
func TestSecure_PolicyIsEmpty(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := openPolicy(file, nil, silent); err == nil {
		p.close()
		t.Error("an empty file is a policy")
	}
	if CheckPolicy(file) == nil {
		t.Error("an empty file is no fault")
	}
}
