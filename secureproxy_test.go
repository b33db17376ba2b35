package grpclb_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// proxiedRow is the test's environment for its second process: Go reads the one of
// proxies once in a process.
const proxiedRow = "GRPCLB_TEST_PROXIED"

// unproxiedName is a policy whose balancers are reached without a proxy.
const unproxiedName = "grpclb_unproxied"

func init() {
	balancer.Register(grpclb.NewBuilder(
		grpclb.WithName(unproxiedName),
		grpclb.WithBalancerDialOptions(grpc.WithNoProxy()),
	))
}

// elsewhere is an address that is nowhere (RFC 5737). The proxy of these tests takes
// it for this machine.
const elsewhere = "192.0.2.1"

// A forwarder is an HTTP proxy that notes what it was asked for.
type forwarder struct {
	addr  string
	asked chan string
}

func newForwarder(t *testing.T) *forwarder {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forwarder{l.Addr().String(), make(chan string, 100)}
	s := &http.Server{Handler: http.HandlerFunc(f.forward)}
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-served })
	return f
}

func (f *forwarder) forward(w http.ResponseWriter, r *http.Request) {
	f.asked <- r.Host
	up, err := net.Dial("tcp", strings.Replace(r.Host, elsewhere, "127.0.0.1", 1))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	c, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		_ = up.Close()
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
	back := make(chan struct{})
	go func() { _, _ = io.Copy(c, up); _ = c.Close(); close(back) }()
	_, _ = io.Copy(up, buffered.Reader)
	_ = up.Close()
	<-back
}

func (f *forwarder) hosts() (all []string) {
	for len(f.asked) > 0 {
		all = append(all, <-f.asked)
	}
	return all
}

// outside is an address of this machine that Go would use a proxy for, or "".
func outside() string {
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return ""
}

// A balancer is reached by the proxy of the environment where any target of its name
// would be, and authenticated by its own name there too. That the channel was made with
// grpc.WithNoProxy gRPC does not tell its policies.
func TestSecure_Proxy(t *testing.T) {
	if row := os.Getenv(proxiedRow); row != "" {
		host, policy, _ := strings.Cut(row, " ")
		callProxied(t, host, policy)
		return
	}
	f := newForwarder(t)
	for _, row := range []struct {
		name, host, policy, noProxy string
		want                        bool // by the proxy
	}{
		{"default", elsewhere, grpclb.Name, "", true},
		{"another name is exempt", elsewhere, grpclb.Name, "lb2.test,balancers", true},
		{"the channel has WithNoProxy", elsewhere, "WithNoProxy", "", true},
		{"its name is exempt", outside(), grpclb.Name, "lb.test", false},
		{"its address is exempt", outside(), grpclb.Name, outside(), false},
		{"the builder has WithNoProxy", outside(), unproxiedName, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.host == "" {
				t.Skip("LEFT OUT: this machine has no address but loopback, which Go never proxies")
			}
			cmd := exec.Command(os.Args[0], "-test.run", "^TestSecure_Proxy$")
			cmd.Env = append(os.Environ(), proxiedRow+"="+row.host+" "+row.policy, "HTTPS_PROXY=http://"+f.addr, "NO_PROXY="+row.noProxy)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			_, addr, _ := strings.Cut(string(out), "BALANCER ")
			addr, _, _ = strings.Cut(addr, "\n")
			if got := slices.Contains(f.hosts(), addr); got != row.want {
				t.Errorf("balancer %s by the proxy: %v, want %v", addr, got, row.want)
			}
		})
	}
}

// callProxied has a balancer at this host called, whose certificate is for its own
// name alone, and a backend that it lists. Beside it is one with another name, which
// refuses.
func callProxied(t *testing.T, host, policy string) {
	s := newSite(t, outlying{lbtest.NewLoopback(), host})
	lb, b := s.balancer("lb.test"), s.backend(1)
	at := strings.Replace(lb.Addr(), "127.0.0.1", host, 1)
	options := []grpc.DialOption{grpc.WithTransportCredentials(s.ca.client()), grpc.WithContextDialer(nil)}
	if policy == "WithNoProxy" {
		options, policy = append(options, grpc.WithNoProxy()), grpclb.Name
	}
	s.ch = lbtest.NewChannel(s.TB, s.network, "", append(options, byPolicy(policy))...)
	nobody := resolver.Address{Addr: "127.0.0.1:1", ServerName: "lb2.test"}
	if err := s.ch.Resolve([]resolver.Address{nobody, {Addr: at, ServerName: "lb.test"}}); err != nil {
		t.Fatal(err)
	}
	lb.Next().List(servers(b)...)
	s.patience *= 6
	s.served(1)
	fmt.Println("BALANCER " + at)
}

// outlying is a network whose servers listen at a host, and on loopback for one that is
// elsewhere.
type outlying struct {
	lbtest.Network
	host string
}

func (o outlying) Listen(addr string) (net.Listener, error) {
	if addr == "" && o.host != elsewhere {
		addr = o.host + ":0"
	}
	return o.Network.Listen(addr)
}
