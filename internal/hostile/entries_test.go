package hostile

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Ports and IPs of every wrong kind, drops and tokens on them too. None is
// dialled: no SubConn is made. One line tells of all.
func TestSecure_Hostile_Addresses(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: 1, line: "entries skipped: entry 0: port 0 is not in 1..65535"}, func(v *victim) {
		c := v.trusting()
		var all []*lbpb.Server
		ip := v.good()[0].IpAddress
		for _, port := range []int32{0, -1, 65536, 1 << 20, math.MaxInt32, math.MinInt32} {
			all = append(all, &lbpb.Server{IpAddress: ip, Port: port, LoadBalanceToken: "t"})
		}
		for _, bytes := range []int{0, 1, 3, 5, 8, 15, 17, 32, 64 * kib} {
			all = append(all, &lbpb.Server{IpAddress: make([]byte, bytes), Port: 80, LoadBalanceToken: "t"})
		}
		for _, text := range []string{"127.0.0.1", "::1", "localhost", "unix:///dev/log"} {
			all = append(all, &lbpb.Server{IpAddress: []byte(text), Port: 80, LoadBalanceToken: "t"})
		}
		c.List(append(all, v.entry("after"))...)
		v.servedFor(time.Minute, listed)
	})
}

// Addresses that can be written down and mean nobody. They are dialled, as the
// list says, and fail by themselves.
func TestSecure_Hostile_Nobodies(t *testing.T) {
	nobodies := []string{"0.0.0.0:80", "255.255.255.255:80", "224.0.0.1:80", "169.254.169.254:80", "127.0.0.1:1",
		"[::]:80", "[ff02::1]:80", "[fe80::1]:80", "[2001:db8::1]:65535"}
	attack(t, bounds{heap: mib, pickers: 2, subConns: len(nobodies)}, func(v *victim) {
		c := v.trusting()
		all := v.good()
		for _, n := range nobodies {
			all = append(all, lbtest.Server(n, "t"))
		}
		c.List(all...)
		v.servedFor(time.Minute, listed)
		for _, n := range nobodies {
			v.atMost("dials of "+n, len(v.network.Dials(n)), 12)
		}
	})
}

// Tokens that would end a call, forge a header or take a server's whole room for
// headers. Calls carry the empty one instead.
func TestSecure_Hostile_Tokens(t *testing.T) {
	bad := []string{"\x00", "a\r\nlb-token: b", "tab\t", "\x7f", "é", "\u202e", " outer", "outer ", strings.Repeat("x", 1025), strings.Repeat("x", mib)}
	attack(t, bounds{heap: mib, pickers: 1, line: fmt.Sprintf("%d tokens out of specification", len(bad))}, func(v *victim) {
		c := v.trusting()
		var all []*lbpb.Server
		for _, token := range bad {
			all = append(all, v.entry(token))
		}
		c.List(all...)
		synctest.Wait()
		v.servedFor(time.Minute, listed)
		if seen := slices.Compact(v.backends[listed-1].Tokens()); !slices.Equal(seen, []string{"good", ""}) {
			v.Errorf("the backend saw the tokens %.200q", seen)
		}
	})
}

// The longest token that is sent. It is over what the specification allows,
// which is said once for a list.
func TestSecure_Hostile_LongestToken(t *testing.T) {
	long := strings.Repeat(":", 1024)
	attack(t, bounds{heap: mib, pickers: 1, line: "1 tokens out of specification"}, func(v *victim) {
		c := v.trusting()
		c.List(v.entry(long), v.entry(long[1:]))
		synctest.Wait()
		v.servedFor(time.Minute, listed)
		v.atMost("different tokens", len(slices.Compact(slices.Sorted(slices.Values(v.backends[listed-1].Tokens())))), 3)
		if !slices.Contains(v.backends[listed-1].Tokens(), long) {
			v.Error("a token of 1 KiB was not sent")
		}
	})
}

// A drop's token goes into reports and not into headers, as it came: here a
// megabyte, of a call that was dropped, and no report is ever asked for. A megabyte
// of them is kept for one.
func TestSecure_Hostile_DropTokens(t *testing.T) {
	const lists = 20
	attack(t, bounds{heap: 3 * mib, pickers: lists + 1, line: "tokens out of specification", lines: 2}, func(v *victim) {
		c := v.trusting()
		drops := 0
		for i := range lists {
			c.List(lbtest.Drop(fmt.Sprint(i, strings.Repeat("x", mib-100))), v.entry("good"))
			synctest.Wait()
			for range 2 {
				if _, err := v.ch.Unary(v.Context()); err != nil {
					drops++
				}
			}
		}
		c.List(v.entry("short"))
		synctest.Wait()
		v.servedFor(time.Minute, listed)
		if drops != lists {
			t.Errorf("%d calls were dropped, want %d", drops, lists)
		}
	})
}
