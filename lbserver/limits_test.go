package lbserver

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
)

// A client that names no service in time is sent away.
func TestServer_Limits_NameTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		opts Options
		want time.Duration
	}{
		"by default": {Options{}, 10 * time.Second},
		"as set":     {Options{NameTimeout: 30 * time.Second, MaxCallAge: time.Second}, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, test.opts)
				began := time.Now()
				c := open(t, r.connect(t))
				synctest.Wait()
				text := c.wantEnd(codes.DeadlineExceeded)
				if took := time.Since(began); took != test.want {
					t.Errorf("it took %v, want %v", took, test.want)
				}
				if !strings.Contains(text, "named a service") {
					t.Errorf("the client is told %q", text)
				}
				wantGoroutines(t, 0)
				if got := r.State().Opening; got != 0 {
					t.Errorf("%d calls are remembered", got)
				}
			})
		})
	}
}

// Once it has named one it may be silent for as long as it likes, also while it waits
// for an answer.
func TestServer_Limits_NamedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.expect(greeter)
		c := open(t, r.connect(t))
		time.Sleep(9 * time.Second)
		c.say(initialRequest(greeter))
		time.Sleep(20 * time.Second)
		r.set(t, greeter, one(1))
		c.wantInitial(0)
		c.wantList(entry(1))
		time.Sleep(20 * time.Second)
		r.set(t, greeter, one(2))
		c.wantList(entry(2))
	})
}

// The bound counts calls that are open; who leaves makes room.
func TestServer_Limits_MaxClients(t *testing.T) {
	r := onLoopback(t, Options{MaxClients: 2})
	r.set(t, greeter, one(1))
	cc := r.connect(t)
	silent := open(t, cc)
	for r.State().Opening != 1 {
	}
	served := ask(t, cc, greeter)
	served.wantInitial(0)
	for range 50 {
		// It need not name a service first.
		if text := open(t, cc).wantEnd(codes.ResourceExhausted); !strings.Contains(text, "2 clients") {
			t.Fatalf("the third client is told %q", text)
		}
	}
	served.wantList(entry(1))
	silent.hangUp()
	for r.State().Opening != 0 {
	}
	c := ask(t, cc, greeter)
	c.wantInitial(0)
	c.wantList(entry(1))
}

// A client that talks too much is sent away, and its neighbour is not.
func TestServer_Limits_MaxMessageRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := 0
		r := inMemory(t, Options{MaxMessageRate: 10, OnReport: func(Report) { reports++ }})
		r.set(t, greeter, one(1))
		c, other := r.join(t, greeter), r.join(t, greeter)
		c.wantList(entry(1))
		other.wantList(entry(1))
		time.Sleep(30 * time.Second) // which saves up no more than a second's worth
		for range 20 {
			for range 10 {
				c.say(report(1))
			}
			synctest.Wait()
			time.Sleep(time.Second)
		}
		for range 11 {
			c.say(report(1))
		}
		if text := c.wantEnd(codes.ResourceExhausted); !strings.Contains(text, "10 messages") {
			t.Errorf("the client is told %q", text)
		}
		if reports != 210 {
			t.Errorf("%d reports were taken", reports)
		}
		r.set(t, greeter, one(2))
		other.wantList(entry(2))
	})
}

// What piles up while OnReport takes its time is not the client's fault.
func TestServer_Limits_MaxMessageRate_SlowHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := 0
		r := inMemory(t, Options{MaxMessageRate: 10, OnReport: func(Report) {
			if taken++; taken == 1 {
				time.Sleep(30 * time.Second)
			}
		}})
		r.set(t, greeter, one(1))
		c := r.join(t, greeter)
		c.wantList(entry(1))
		for range 300 {
			c.say(report(1))
			time.Sleep(time.Second / 10)
		}
		synctest.Wait()
		if taken != 300 {
			t.Errorf("%d reports were taken, want 300", taken)
		}
		r.set(t, greeter, one(2))
		c.wantList(entry(2))
	})
}

// A client that is asked for more reports than the rate allows may send them.
func TestServer_Limits_MaxMessageRate_AsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		every := func(Client) time.Duration { return 10 * time.Millisecond }
		r := inMemory(t, Options{MaxMessageRate: 5, ReportIntervalFor: every})
		r.set(t, greeter, one(1))
		c := ask(t, r.connect(t), greeter)
		c.wantInitial(10 * time.Millisecond)
		c.wantList(entry(1))
		for range 1000 {
			c.say(report(1))
			time.Sleep(10 * time.Millisecond)
		}
		for range 201 {
			c.say(report(1))
		}
		if text := c.wantEnd(codes.ResourceExhausted); !strings.Contains(text, "200 messages") {
			t.Errorf("the client is told %q", text)
		}
	})
}

func TestServer_Limits_Defaults(t *testing.T) {
	for _, test := range []struct {
		opts Options
		rate int
	}{
		{Options{}, 100},
		{Options{ReportInterval: time.Second}, 100},
		{Options{ReportInterval: time.Millisecond}, 2000},
		{Options{ReportInterval: 1}, 2_000_000_000},
		{Options{MaxMessageRate: 7}, 7},
		{Options{MaxMessageRate: 7, ReportInterval: time.Second}, 7},
		{Options{MaxMessageRate: 7, ReportInterval: 100 * time.Millisecond}, 20}, // less would end streams for what is asked of them
		{Options{MaxMessageRate: 70, ReportInterval: 100 * time.Millisecond}, 70},
		{Options{MaxMessageRate: -1, ReportInterval: 100 * time.Millisecond}, -1},
		{Options{MaxMessageRate: -1}, -1},
	} {
		opts := test.opts.withDefaults()
		if got := opts.messageRate(opts.ReportInterval); got != test.rate {
			t.Errorf("%+v: %d messages a second, want %d", test.opts, got, test.rate)
		}
	}
	now := time.Now()
	r := newRate(-1, now)
	for range 1000 {
		if !r.take(now) {
			t.Fatal("a message too many, though there is no bound")
		}
	}
}
