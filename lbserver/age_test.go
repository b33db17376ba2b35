package lbserver

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
)

// Calls end by their age, give or take a tenth, and not all at once.
func TestServer_Age(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 100
		r := inMemory(t, Options{MaxCallAge: 30 * time.Second})
		r.set(t, greeter, one(1))
		cc := r.connect(t)
		began := time.Now()
		ages := make(chan time.Duration, calls)
		for range calls {
			c := ask(t, cc, greeter)
			c.wantInitial(0)
			c.wantList(entry(1))
			go func() {
				c.wantEnd(codes.Unavailable)
				ages <- time.Since(began)
			}()
		}
		distinct := make(map[time.Duration]bool)
		for range calls {
			age := <-ages
			if distinct[age] = true; age < 27*time.Second || age > 33*time.Second {
				t.Errorf("a call ended after %v", age)
			}
		}
		if len(distinct) < calls/2 {
			t.Errorf("%d calls ended at %d different times", calls, len(distinct))
		}
	})
}

// The age counts from the first answer: a client that waits for one is left alone.
func TestServer_Age_CountsFromTheFirstAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{MaxCallAge: 10 * time.Second})
		r.expect(greeter)
		c := ask(t, r.connect(t), greeter)
		time.Sleep(30 * time.Second)
		r.set(t, greeter, one(1))
		c.wantInitial(0)
		c.wantList(entry(1))
		answered := time.Now()
		c.wantEnd(codes.Unavailable)
		if age := time.Since(answered); age < 9*time.Second || age > 11*time.Second {
			t.Errorf("it ended %v after its first answer", age)
		}
	})
}

func TestServer_Age_Jitter(t *testing.T) {
	for _, d := range []time.Duration{1, 9, 10, time.Hour, 1 << 62} {
		for range 100 {
			if got := jittered(d); got < d-d/10 || got > d+d/10 {
				t.Fatalf("%v became %v", d, got)
			}
		}
	}
}
