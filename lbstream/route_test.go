package lbstream

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/resolver"
)

// proxied is the test's environment for its second process: Go reads the one of
// proxies once in a process.
const proxied = "LBSTREAM_TEST_PROXIED"

// The proxy is used for a balancer where it would be for any target of its name, and
// where neither name nor address are exempt. Then the name is that of the channel.
func TestSecure_Proxy(t *testing.T) {
	addresses := []resolver.Address{
		{Addr: "192.0.2.1:80", ServerName: "lb.example.com"},
		{Addr: "192.0.2.2:81", ServerName: "lb.example.net"},
		{Addr: "[2001:db8::3]:82"},
		{Addr: "127.0.0.1:83"},
		{Addr: "lb.example.org:84"},
		{Addr: "no port"},
	}
	if os.Getenv(proxied) != "" {
		for _, direct := range []bool{false, true} {
			var all []string
			for _, a := range addresses {
				all = append(all, string((&Options{Authority: "shop.test:443", Direct: direct}).routeOf(a)))
			}
			fmt.Printf("ROUTES %s\n", strings.Join(all, " "))
		}
		return
	}
	for noProxy, want := range map[string]string{
		"":                   "lb.example.com lb.example.net shop.test:443  shop.test:443 shop.test:443",
		"lb.example.com":     " lb.example.net shop.test:443  shop.test:443 shop.test:443",
		".example.com":       " lb.example.net shop.test:443  shop.test:443 shop.test:443",
		"192.0.2.0/31":       " lb.example.net shop.test:443  shop.test:443 shop.test:443",
		"lb.example.net:443": "lb.example.com lb.example.net shop.test:443  shop.test:443 shop.test:443",
		"lb.example.net:81":  "lb.example.com  shop.test:443  shop.test:443 shop.test:443",
		"2001:db8::3":        "lb.example.com lb.example.net   shop.test:443 shop.test:443",
		"lb.example.org":     "lb.example.com lb.example.net shop.test:443   shop.test:443",
		"shop.test":          "lb.example.com lb.example.net    ",
		"balancers":          "lb.example.com lb.example.net shop.test:443  shop.test:443 shop.test:443",
		"*":                  "     ",
	} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestSecure_Proxy$")
		cmd.Env = append(os.Environ(), proxied+"=1", "HTTPS_PROXY=http://192.0.2.9:3128", "NO_PROXY="+noProxy)
		out, err := cmd.CombinedOutput()
		got := strings.Split(string(out), "\n")
		if err != nil || len(got) < 2 || got[0] != "ROUTES "+want {
			t.Errorf("NO_PROXY %q: %q, want %q (%v)", noProxy, got[0], want, err)
		} else if got[1] != "ROUTES      " {
			t.Errorf("with a dialer: %q", got[1])
		}
	}
}

// Whatever a resolver puts into an address, nothing of it is compared that can't be.
func TestSecure_Values(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		for n := range 10 {
			odd := lb.Address()
			//lint:ignore SA1019 resolvers still set it
			odd.Metadata = map[string]int{"n": n}
			//lint:ignore SA1019 resolvers still set it
			odd.BalancerAttributes = odd.BalancerAttributes.WithValue("odd", []int{n})
			odd.Attributes = odd.Attributes.WithValue("odd", func() {})
			b.serve("shop", odd, lb.Address(), odd)
		}
		c := lb.Next()
		c.List()
		b.now()
		c.HangUp(nil)
		lb.NextWithin(time.Minute)
		if lb.Conns() != 1 {
			t.Errorf("%d connections", lb.Conns())
		}
	})
}

// What can be compared reaches the credentials.
func TestSecure_Values_Attributes(t *testing.T) {
	a := resolver.Address{Addr: "192.0.2.1:80", ServerName: "lb.test."}
	a.Attributes = a.Attributes.WithValue("zone", "east")
	got := Target{Balancers: []resolver.Address{a}}.normal().Balancers[0]
	if got.Attributes.Value("zone") != "east" || got.ServerName != "lb.test" {
		t.Errorf("%+v", got)
	}
}
