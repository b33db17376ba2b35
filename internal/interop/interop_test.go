//go:build interop

// Package interop drives the policy by grpc-go's own balancer server for
// interoperability tests. It needs to install that, so it runs only when asked
// for: go test -tags interop ./internal/interop
package interop

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/resolver"

	_ "github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

const server = "google.golang.org/grpc/interop/fake_grpclb@v1.85.0"

// The server knows its service by this name, and the port is fixed.
const service = "service.test:443"

func TestInterop_List(t *testing.T) {
	run(t, install(t))
}

// The server ends each call as soon as it has sent a list.
func TestInterop_ShortStream(t *testing.T) {
	run(t, install(t), "-short_stream")
}

// install builds the server and returns its path.
func install(t *testing.T) string {
	bin := t.TempDir()
	cmd := exec.Command("go", "install", server)
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go install %s: %v\n%s", server, err, out)
	}
	return filepath.Join(bin, "fake_grpclb")
}

// run has two backends listed by the server, and makes calls.
func run(t *testing.T, path string, flags ...string) {
	network := lbtest.NewLoopback()
	a, b := lbtest.NewBackend(t, network, 1), lbtest.NewBackend(t, network, 2)
	addr := start(t, path, append(flags,
		"-backend_addrs", a.Addr()+","+b.Addr(),
		"-service_name", "service.test")...)

	ch := lbtest.NewChannel(t, network, fmt.Sprintf(`{"serviceName":%q}`, service))
	if err := ch.Resolve([]resolver.Address{{Addr: addr}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil && (a.Calls() < 10 || b.Calls() < 10) {
		if answer, err := ch.Unary(ctx); err != nil || answer.Token == lbtest.NoToken {
			t.Fatalf("call: %+v, %v", answer, err)
		}
	}
	t.Logf("calls: %d and %d", a.Calls(), b.Calls())
	if a.Calls() < 10 || b.Calls() < 10 {
		t.Error("both backends should have been called")
	}
}

// start runs the server until the test ends and returns its address, once it
// listens there.
func start(t *testing.T, path string, flags ...string) string {
	addr := freeAddress(t)
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(path, append(flags, "-port", port)...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
	})
	awaitListener(t, addr)
	return addr
}

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// awaitListener tries to connect until it works.
func awaitListener(t *testing.T, addr string) {
	tries := time.NewTicker(20 * time.Millisecond)
	defer tries.Stop()
	for range 500 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return
		}
		<-tries.C
	}
	t.Fatalf("nobody listens on %s", addr)
}
