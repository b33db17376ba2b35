package hostile

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// It takes the call and never says a word: calls wait for the first list as
// long as the config says (10 s), and are then answered by the fallback.
func TestSecure_Hostile_Silent(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: 1, line: "no server list came from the balancer within 10s"},
		func(v *victim) {
			v.patience = 11 * time.Second
			v.lb.turn(caller.hold)
			v.resolve()
			v.servedFor(10*time.Minute, fallback)
		})
}

// The same after its initial response, and after a list.
func TestSecure_Hostile_SilentAfterTheFirstWord(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: 1, line: "no server list came from the balancer within 10s"},
		func(v *victim) {
			v.patience = 11 * time.Second
			v.lb.turn(func(c caller) error { c.initial(nil); return c.hold() })
			v.resolve()
			v.servedFor(10*time.Minute, fallback)
		})
	attack(t, bounds{heap: mib}, func(v *victim) {
		v.trusting()
		v.servedFor(10*time.Minute, listed)
	})
}

// What a port says that does not speak HTTP/2; "" is one that never says anything.
var otherProtocols = map[string]string{
	"nothing": "",
	"SSH":     "SSH-2.0-OpenSSH_9.9\r\n",
	"HTTP/1":  "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
	"TLS":     "\x15\x03\x01\x00\x02\x02\x28",
	"noise":   string(bytes.Repeat([]byte{0xa5}, 64*kib)),
	"frames":  "\xff\xff\xff\x04\xff\xff\xff\xff\xff", // the length of a frame of 16 MiB
}

// A port that never speaks HTTP/2.
func TestSecure_Hostile_NoHTTP2(t *testing.T) {
	for name, says := range otherProtocols {
		t.Run(name, func(t *testing.T) {
			attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inTenMinutes, line: noList},
				func(v *victim) {
					v.patience = 11 * time.Second
					p := v.port(says)
					v.resolveTo(p)
					v.servedFor(10*time.Minute, fallback)
					v.atMost("connections to the port", len(v.network.Dials(p)), inTenMinutes)
				})
		})
	}
}

// The same over sockets, as long as it takes: what a port costs in time, the
// bubble has shown.
func TestSecure_Hostile_NoHTTP2_Loopback(t *testing.T) {
	for name, says := range otherProtocols {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, lbtest.NewLoopback())
			if err := v.ch.Configure(`{"initialFallbackTimeout":"0.02s"}`); err != nil {
				t.Fatal(err)
			}
			v.resolveTo(v.port(says))
			for range 20 {
				v.served(fallback)
			}
			v.within(bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: 10, line: noList})
		})
	}
}

// port listens on the victim's network, and to whoever connects it says this,
// swallows what it is told, and never hangs up.
func (v *victim) port(says string) string {
	v.Helper()
	l, err := v.network.Listen("")
	if err != nil {
		v.Fatal(err)
	}
	v.Cleanup(func() { l.Close(); v.network.Cut(l.Addr().String()) })
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			go speak(c, says)
		}
	}()
	return l.Addr().String()
}

func speak(c net.Conn, says string) {
	defer c.Close()
	if _, err := io.WriteString(c, says); err != nil {
		return
	}
	// Whoever called hangs up; why does not matter.
	_, _ = io.Copy(io.Discard, c)
}
