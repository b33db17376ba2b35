package hostile

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// How often a balancer is called that no call to is healthy: first, and then
// after 1 s, 1.6 s, 2.56 s ... up to every 120 s.
const (
	inAMinute    = 8
	inTenMinutes = 14
	inAnHour     = 39
)

// noList is what is logged of a balancer that is no good from the start.
const noList = "in fallback because no server list came from the balancer"

// lost is what is logged when it ends a call that a list came by. That list stays
// in use.
const lost = "contact with the balancer is lost"

// It gives its initial response to each call and hangs up.
func TestSecure_Hostile_HangsUp(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inAnHour, line: noList}, func(v *victim) {
		v.lb.turn(func(c caller) error { return c.initial(durationpb.New(time.Second)) })
		v.resolve()
		v.servedFor(5*time.Second, fallback)
		v.atMost("calls in the first 5 s", int(v.lb.calls.Load()), 5)
		v.servedFor(time.Hour-5*time.Second, fallback)
	})
}

// It sends a list first and hangs up as soon as that makes the call healthy, so
// that it is called again at once: not once a second.
func TestSecure_Hostile_HangsUpAfterALittle(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: 60, calls: 60, line: lost, lines: 60, infos: 60}, func(v *victim) {
		c := v.trusting()
		v.lb.turn(func(c caller) error {
			c.list(v.good()...)
			pause(time.Second + 1)
			return nil
		})
		c.HangUp(nil)
		v.servedFor(time.Minute, listed)
	})
}

// It holds on for longer than that and says nothing, so that the call is not
// healthy.
func TestSecure_Hostile_HangsUpAfterSilence(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inAMinute, line: noList}, func(v *victim) {
		v.lb.turn(func(c caller) error {
			pause(2 * time.Second)
			return nil
		})
		v.resolve()
		v.servedFor(time.Minute, fallback)
	})
}

// It sends a list and breaks the connection, again and again.
func TestSecure_Hostile_BreaksTheConnection(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: 60, calls: 60, line: lost, lines: 60, infos: 60}, func(v *victim) {
		v.trusting()
		v.lb.turn(func(c caller) error {
			c.list(v.good()...)
			return c.hold()
		})
		for range 60 {
			v.servedFor(time.Second+1, listed)
			v.network.Cut(v.lb.Addr())
		}
	})
}

// Every status code there is, and two that there are not.
func TestSecure_Hostile_StatusCodes(t *testing.T) {
	for code := codes.OK; code <= codes.Unauthenticated+2; code++ {
		t.Run(code.String(), func(t *testing.T) {
			attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inAMinute, line: noList}, func(v *victim) {
				v.lb.turn(func(caller) error { return status.Error(code, "go away") })
				v.resolve()
				v.servedFor(time.Minute, fallback)
			})
		})
	}
}

// The same from a balancer that has begun well: its list stays in use.
func TestSecure_Hostile_StatusCodesAfterAList(t *testing.T) {
	for code := codes.OK; code <= codes.Unauthenticated+2; code++ {
		t.Run(code.String(), func(t *testing.T) {
			attack(t, bounds{heap: mib, calls: inAMinute, line: lost}, func(v *victim) {
				c := v.trusting()
				v.lb.turn(func(caller) error { return status.Error(code, "go away") })
				c.HangUp(status.Error(code, "go away"))
				v.servedFor(time.Minute, listed)
			})
		})
	}
}

// A status of a hundred kilobytes, and one that tries to forge lines of the log. Of what a
// balancer says, 512 bytes are repeated.
func TestSecure_Hostile_StatusText(t *testing.T) {
	for name, text := range map[string]string{
		"long":   strings.Repeat("x", 100*kib),
		"forged": "x\n[core] all is well\r\x1b[2J",
	} {
		t.Run(name, func(t *testing.T) {
			attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inAMinute, line: noList}, func(v *victim) {
				v.lb.turn(func(caller) error { return status.Error(codes.Internal, text) })
				v.resolve()
				v.servedFor(time.Minute, fallback)
			})
		})
	}
}

// Quoted, a byte that can't be printed takes four. Here the text is in the longest
// line that there is, that of a contact lost along with the backends.
func TestSecure_Hostile_StatusTextUnprintable(t *testing.T) {
	attack(t, bounds{heap: 2 * mib, pickers: 9, subConns: 3, calls: inAMinute, line: "in fallback", lines: 3}, func(v *victim) {
		c := v.trusting()
		bad := status.Error(codes.Aborted, strings.Repeat("\x01", 7000))
		v.lb.turn(func(caller) error { return bad })
		v.backends[listed-1].Stop()
		synctest.Wait()
		c.HangUp(bad)
		synctest.Wait()
		v.servedFor(time.Minute, fallback)
	})
}

// With nothing to fall back to, it is the error of calls.
func TestSecure_Hostile_StatusTextInErrors(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, calls: 2, line: noList}, func(v *victim) {
		v.lb.turn(func(caller) error { return status.Error(codes.Internal, strings.Repeat("x", 100*kib)) })
		if err := v.ch.Resolve([]resolver.Address{v.lb.Address()}); err != nil {
			t.Fatal(err)
		}
		_, err := v.ch.Unary(v.Context())
		if text := fmt.Sprint(err); len(text) > kib || !strings.Contains(text, "xxx") {
			t.Errorf("%d bytes of an error: %.100q", len(text), text)
		}
	})
}
