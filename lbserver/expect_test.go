package lbserver

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A client of a service that is expected is told nothing, not even the initial
// response, until there is an answer.
func TestServer_UnknownYet(t *testing.T) {
	for _, test := range []struct {
		name string
		say  func(*rig)
		want func(*client)
	}{
		{"a list", func(r *rig) { r.set(r.t, greeter, one(1)) }, func(c *client) { c.wantInitial(0); c.wantList(entry(1)) }},
		{"an empty list", func(r *rig) { r.set(r.t, greeter) }, func(c *client) { c.wantInitial(0); c.wantList() }},
		{"fallback", func(r *rig) { r.fallback(greeter) }, func(c *client) { c.wantInitial(0); c.wantFallback() }},
		{"removed", func(r *rig) { r.Remove(greeter) }, func(c *client) { c.wantEnd(codes.NotFound) }},
		{"closed", func(r *rig) { r.Close() }, func(c *client) { c.wantEnd(codes.Unavailable) }},
		{"expected twice, then a list", func(r *rig) { r.expect(greeter); r.set(r.t, greeter, one(1)) }, func(c *client) { c.wantInitial(0); c.wantList(entry(1)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, Options{})
				r.expect(greeter)
				c := ask(t, r.connect(t), greeter)
				heard := make(chan error, 1)
				go func() {
					_, err := c.Header()
					heard <- err
				}()
				time.Sleep(10 * time.Second)
				select {
				case err := <-heard:
					t.Fatalf("the client has heard something: %v", err)
				default:
				}
				test.say(r)
				test.want(c)
				<-heard
			})
		})
	}
}

// Once there was an answer, expecting one changes nothing.
func TestServer_UnknownYet_KeepsAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, one(1))
		c := r.join(t, greeter)
		c.wantList(entry(1))
		r.expect(greeter)
		r.join(t, greeter).wantList(entry(1))
		r.set(t, greeter, one(2))
		c.wantList(entry(2))
		// What was removed can be expected again.
		r.Remove(greeter)
		c.wantEnd(codes.NotFound)
		r.expect(greeter)
		c = ask(t, r.connect(t), greeter)
		synctest.Wait()
		r.set(t, greeter, one(3))
		c.wantInitial(0)
		c.wantList(entry(3))
	})
}

// A client that waits may leave as any other.
func TestServer_UnknownYet_ClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		defer b.Close()
		if err := b.Expect(greeter); err != nil {
			t.Fatal(err)
		}
		w, hangUp, result := serve(b)
		w.recvs <- initialRequest(greeter)
		synctest.Wait()
		hangUp()
		if err := <-result; status.Code(err) != codes.Canceled {
			t.Errorf("the handler returned %v", err)
		}
		wantGoroutines(t, 0)
	})
}

func TestServer_UnknownYet_Refuses(t *testing.T) {
	b := New(Options{})
	for _, name := range []string{"", strings.Repeat("x", 256), "\xff"} {
		if err := b.Expect(name); err == nil {
			t.Errorf("%q is expected", name)
		}
	}
	b.Close()
	if err := b.Expect(greeter); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed balancer says %v", err)
	}
}
