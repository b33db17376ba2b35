package lbserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// rules are hooks that change their mind: what they say of a client, by the header "zone" or
// the name that it asked for.
type rules struct {
	class, service atomic.Pointer[map[string]string]
	denied         atomic.Pointer[string] // a service
}

func newRules() *rules {
	k := &rules{}
	k.classes(nil)
	k.services(nil)
	k.deny("")
	return k
}

func (k *rules) classes(by map[string]string)  { k.class.Store(&by) }
func (k *rules) services(by map[string]string) { k.service.Store(&by) }
func (k *rules) deny(service string)           { k.denied.Store(&service) }

func (k *rules) options() Options {
	return Options{
		Normalize: func(name string) string {
			if of, known := (*k.service.Load())[name]; known {
				return of
			}
			return name
		},
		Authorize: func(_ context.Context, c Client) error {
			if c.Service == *k.denied.Load() {
				return errors.New("not for you")
			}
			return nil
		},
		Classify: func(c Client) string { return (*k.class.Load())[byHeader(c)] },
	}
}

// review is Review, which must not fail, and moves so many.
func (r *rig) review(moves int) {
	r.t.Helper()
	if moved, err := r.Review(r.t.Context()); err != nil || moved != moves {
		r.t.Errorf("Review: %d have moved, error %v; want %d", moved, err, moves)
	}
}

// Clients of another class get its answer on the stream that they have; the others hear nothing.
func TestServer_Review(t *testing.T) {
	k := newRules()
	r := onLoopback(t, k.options())
	r.set(t, greeter, one(1))
	r.setFor(t, greeter, "canary", one(2))
	a, b := r.joinAs(t, greeter, "a"), r.joinAs(t, greeter, "b")
	a.wantList(entry(1))
	b.wantList(entry(1))
	r.review(0)
	k.classes(map[string]string{"a": "canary"})
	r.review(1)
	a.wantList(entry(2))
	r.review(0)
	r.RemoveFor(greeter, "nobody's")
	r.set(t, greeter, one(3))
	b.wantList(entry(3))
	r.setFor(t, greeter, "canary", one(4))
	a.wantList(entry(4))
	k.classes(nil)
	r.review(1)
	a.wantList(entry(3))
	if all := r.Clients(); len(all) != 2 || all[0].ID != 1 || all[0].Class != "" || r.State().Totals.Opened != 2 {
		t.Errorf("clients %+v", all)
	}
}

// An alias that is another service's: its clients go on there, and their reports count there.
func TestServer_Review_Service(t *testing.T) {
	k, told := newRules(), make(chan string, 100)
	opts := k.options()
	opts.OnMove = func(from, to Client) {
		told <- fmt.Sprintf("%d moves from %s to %s, asked for %s", to.ID, from.Service, to.Service, to.Asked)
	}
	opts.OnReport = func(rep Report) { told <- fmt.Sprintf("%d reports to %s", rep.Client.ID, rep.Service) }
	opts.OnEnd = func(c Client, _ error) { told <- fmt.Sprintf("%d ends at %s", c.ID, c.Service) }
	wants := func(line string) {
		t.Helper()
		if got := <-told; got != line {
			t.Errorf("a hook was told %q, want %q", got, line)
		}
	}
	k.services(map[string]string{"alias": "old"})
	r := onLoopback(t, opts)
	r.set(t, "old", one(1))
	r.set(t, "new", one(2))
	c := r.join(t, "alias")
	c.wantList(entry(1))
	c.say(report(5))
	wants("1 reports to old")
	k.services(map[string]string{"alias": "new"})
	r.review(1)
	wants("1 moves from old to new, asked for alias")
	c.wantList(entry(2))
	c.say(report(7))
	wants("1 reports to new")
	r.Remove("old") // nobody is there any more
	r.set(t, "new", one(3))
	c.wantList(entry(3))
	c.hangUp()
	wants("1 ends at new")
	for _, s := range r.State().Services {
		if s.Name == "new" && s.Calls.Started != 7 {
			t.Errorf("service new has %d calls, want 7", s.Calls.Started)
		}
	}
}

// What Authorize says of the place where a client is now is how its stream ends.
func TestServer_Review_Denied(t *testing.T) {
	k := newRules()
	r := onLoopback(t, k.options())
	r.set(t, greeter, one(1))
	r.set(t, "secret", one(2))
	a := r.join(t, greeter)
	a.wantList(entry(1))
	k.services(map[string]string{greeter: "secret"})
	k.deny("secret")
	r.review(0)
	if text := a.wantEnd(codes.PermissionDenied); strings.Contains(text, "not for you") {
		t.Errorf("the client is told %q", text)
	}
}

// Where a client is now there may be no answer, and OnUnknown may set one.
func TestServer_Review_Unknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newRules()
		var r *rig
		opts := k.options()
		opts.OnUnknown = func(c Client) {
			switch c.Service {
			case "found":
				r.set(t, "found", one(2))
			case "later":
				r.expect("later")
			}
		}
		r = inMemory(t, opts)
		r.set(t, greeter, one(1))
		c := r.join(t, greeter)
		c.wantList(entry(1))
		k.services(map[string]string{greeter: "found"})
		r.review(1)
		c.wantList(entry(2))
		k.services(map[string]string{greeter: "later"})
		r.review(1)
		synctest.Wait()
		if s := r.Clients()[0]; s.Service != "later" || s.Answer != 0 || s.Handed != 2 || !s.Moved {
			t.Errorf("a client that waits: %+v", s)
		}
		r.set(t, "found", one(9)) // not its service any more
		r.set(t, "later", one(3))
		c.wantList(entry(3))
		synctest.Wait()
		if s := r.Clients()[0]; !s.UpToDate() || s.Moved {
			t.Errorf("a client that has its answer: %+v", s)
		}
		k.services(map[string]string{greeter: "nowhere"})
		r.review(0)
		c.wantEnd(codes.NotFound)
		synctest.Wait()
		wantGoroutines(t, 0)
	})
}

// What is set for the place that a client leaves, while the hooks are asked, does not reach it.
func TestServer_Review_NothingOfTheOldPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := false
		r := inMemory(t, Options{Classify: func(Client) string {
			if !slow {
				return "old"
			}
			time.Sleep(time.Second)
			return "new"
		}})
		r.setFor(t, greeter, "old", one(1))
		r.setFor(t, greeter, "new", one(2))
		c := r.join(t, greeter)
		c.wantList(entry(1))
		synctest.Wait()
		slow = true
		reviewed := make(chan int, 1)
		go func() {
			moved, _ := r.Review(t.Context())
			reviewed <- moved
		}()
		synctest.Wait()
		r.setFor(t, greeter, "old", one(3))
		if moved := <-reviewed; moved != 1 {
			t.Errorf("%d have moved", moved)
		}
		c.wantList(entry(2))
		r.setFor(t, greeter, "new", one(4))
		c.wantList(entry(4))
	})
}

// A client that asks while a review begins is placed by what the hooks say after that, also if
// they were asked before; and so is one that waits for its first answer.
func TestServer_Review_Asking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, moves := newRules(), make(chan Client, 10)
		opts := k.options()
		opts.OnBegin = func(Client) { time.Sleep(time.Second) }
		opts.OnMove = func(_, to Client) { moves <- to }
		r := inMemory(t, opts)
		r.expect("late")
		r.set(t, greeter, one(1))
		r.setFor(t, greeter, "canary", one(2))
		r.setFor(t, "late", "gold", one(3))
		waits := r.askAs(t, "late", "b") // until its service has an answer
		time.Sleep(2 * time.Second)
		asks := r.askAs(t, greeter, "a")
		unnamed := open(t, r.connect(t))
		synctest.Wait()
		k.classes(map[string]string{"a": "canary", "b": "gold"})
		r.review(1)
		waits.wantInitial(0)
		waits.wantList(entry(3))
		asks.wantInitial(0)
		asks.wantList(entry(2))
		unnamed.say(initialRequest(greeter))
		unnamed.wantInitial(0)
		unnamed.wantList(entry(1))
		if first, second := <-moves, <-moves; first.Class != "gold" || second.Class != "canary" || len(moves) != 0 {
			t.Errorf("moves %v, %v, and %d more", first, second, len(moves))
		}
	})
}

// A client that does not read keeps Review waiting, and moves when it reads. Others do not wait
// for it.
func TestServer_Review_ReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newRules()
		r := inMemory(t, k.options())
		r.set(t, "x", one(1))
		r.set(t, "y", one(2))
		slow, hangUp, result := serve(r.Balancer)
		slow.recvs <- initialRequest("x")
		other := r.join(t, "x")
		other.wantList(entry(1))
		k.services(map[string]string{"x": "y"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Review(ctx); err != context.DeadlineExceeded {
			t.Errorf("error %v", err)
		}
		other.wantList(entry(2))
		for _, want := range []string{"", entry(1), entry(2)} {
			if got := strings.Join(entries(<-slow.sends), " "); got != want {
				t.Errorf("the slow client gets %q, want %q", got, want)
			}
		}
		synctest.Wait()
		r.Remove("x")
		hangUp()
		<-result
		r.review(0)
	})
}

// A hook that panics in a review ends that stream only.
func TestServer_Review_Panic(t *testing.T) {
	k := newRules()
	opts := k.options()
	opts.OnMove = func(Client, Client) { panic("a bug") }
	ended := make(chan error, 10)
	opts.OnEnd = func(_ Client, err error) { ended <- err }
	r := onLoopback(t, opts)
	r.set(t, greeter, one(1))
	a, b := r.joinAs(t, greeter, "a"), r.joinAs(t, greeter, "b")
	a.wantList(entry(1))
	b.wantList(entry(1))
	k.classes(map[string]string{"a": "canary"})
	r.review(0)
	a.wantEnd(codes.Internal)
	if err := <-ended; status.Code(err) != codes.Internal {
		t.Errorf("OnEnd is told %v", err)
	}
	r.set(t, greeter, one(2))
	b.wantList(entry(2))
}

func TestServer_Review_Closed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newRules()
		opts := k.options()
		opts.OnMove = func(Client, Client) { time.Sleep(time.Hour) }
		r := inMemory(t, opts)
		r.review(0)
		r.set(t, greeter, one(1))
		r.joinAs(t, greeter, "a").wantList(entry(1))
		k.classes(map[string]string{"a": "canary"})
		closed := make(chan error, 1)
		go func() {
			_, err := r.Review(t.Context())
			closed <- err
		}()
		synctest.Wait()
		r.Close()
		if err := <-closed; err != ErrClosed {
			t.Errorf("a review that is under way returns %v", err)
		}
		if _, err := r.Review(t.Context()); err != ErrClosed {
			t.Errorf("a closed balancer's returns %v", err)
		}
	})
}

// Whatever happens at the same time, each client ends up with the list of its place.
func TestServer_Review_AmidEverything(t *testing.T) {
	k := newRules()
	r := onLoopback(t, k.options())
	cc := r.connect(t)
	all := []string{"", "x", "y"}
	set := func(n int) {
		for i, class := range all {
			r.setFor(t, greeter, class, one(10*n+i))
		}
	}
	set(1)
	var clients []*client
	for range 20 {
		clients = append(clients, ask(t, cc, greeter))
	}
	zoned := r.joinAs(t, greeter, "a")
	var users sync.WaitGroup
	for range 3 {
		users.Go(func() {
			for n := range 50 {
				k.classes(map[string]string{"": all[n%3], "a": all[(n+1)%3]})
				if _, err := r.Review(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	users.Go(func() {
		for n := range 50 {
			set(n%20 + 1)
		}
	})
	users.Go(func() {
		for range 50 {
			clients[0].say(report(1))
			r.State()
		}
	})
	users.Wait()
	k.classes(map[string]string{"": "x", "a": "y"})
	if _, err := r.Review(t.Context()); err != nil {
		t.Error(err)
	}
	set(22)
	until := func(c *client, want string) {
		t.Helper()
		for got := ""; got != want; {
			got = strings.Join(entries(c.next()), " ")
		}
	}
	for _, c := range clients {
		until(c, entry(221))
	}
	until(zoned, entry(222))
	if n := len(r.Answers(greeter)); n != 3 {
		t.Errorf("%d answers", n)
	}
}

// What a review costs with 2,000 clients, of which all move or none.
func BenchmarkReview_ManyClients(b *testing.B) {
	const clients = 2000
	for _, moving := range []bool{false, true} {
		b.Run(fmt.Sprintf("moving=%v", moving), func(b *testing.B) {
			k := newRules()
			opts := k.options()
			opts.Classify = func(Client) string { return (*k.class.Load())[""] }
			balancer := New(opts)
			defer balancer.Close()
			for i, class := range []string{"", "other"} {
				if err := balancer.SetServersFor(greeter, class, []Server{one(i + 1)}); err != nil {
					b.Fatal(err)
				}
			}
			var streams sync.WaitGroup
			for range clients {
				w, _, result := serve(balancer)
				w.recvs <- initialRequest(greeter)
				<-w.sends
				<-w.sends
				streams.Go(func() {
					for {
						select {
						case <-w.sends:
						case <-result:
							return
						}
					}
				})
			}
			defer streams.Wait()
			defer balancer.Close()
			for n := 0; b.Loop(); n++ {
				if moving {
					k.classes(map[string]string{"": []string{"other", ""}[n%2]})
				}
				if moved, err := balancer.Review(b.Context()); err != nil || moving != (moved == clients) {
					b.Fatal(moved, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*clients), "ns/client")
		})
	}
}
