package lbserver

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A journal notes what hooks are told, one line each.
type journal chan string

func (j journal) options() Options {
	return Options{
		OnBegin:  func(c Client) { j <- fmt.Sprintf("%d begins: %s", c.ID, c.Service) },
		OnEnd:    func(c Client, err error) { j <- fmt.Sprintf("%d ends: %v", c.ID, status.Code(err)) },
		OnReport: func(r Report) { j <- fmt.Sprintf("%d reports: %d", r.Client.ID, r.Stats.NumCallsStarted) },
	}
}

func (j journal) want(t *testing.T, lines ...string) {
	t.Helper()
	var got []string
	for range lines {
		got = append(got, <-j)
	}
	if diff := cmp.Diff(lines, got); diff != "" {
		t.Errorf("hooks were told (-want +got):\n%s", diff)
	}
}

// The hooks hear of each call's beginning and end, and of its reports in between,
// under one ID.
func TestServer_Clients(t *testing.T) {
	j := make(journal, 100)
	r := onLoopback(t, j.options())
	r.set(t, greeter, one(1))
	first := r.join(t, greeter)
	first.wantList(entry(1))
	j.want(t, "1 begins: "+greeter)
	first.say(report(7))
	j.want(t, "1 reports: 7")
	second := r.join(t, greeter)
	j.want(t, "2 begins: "+greeter)
	first.hangUp()
	j.want(t, "1 ends: Canceled")
	second.say(report(8))
	second.say(initialRequest(greeter))
	j.want(t, "2 reports: 8", "2 ends: InvalidArgument")
	ask(t, r.connect(t), "unknown").wantEnd(codes.NotFound)
	j.want(t, "3 begins: unknown", "3 ends: NotFound")
	r.join(t, greeter)
	j.want(t, "4 begins: "+greeter)
	r.Remove(greeter)
	j.want(t, "4 ends: NotFound")
	r.expect(greeter)
	ask(t, r.connect(t), greeter)
	j.want(t, "5 begins: "+greeter)
	r.Close()
	j.want(t, "5 ends: Unavailable")
	if len(j) != 0 {
		t.Errorf("and then %q", <-j)
	}
}

// A hook that blocks delays its own client and Close, and nobody else.
func TestServer_Clients_BlockingHooks(t *testing.T) {
	for name, options := range map[string]func(func(Client)) Options{
		"Authorize": func(f func(Client)) Options {
			return Options{Authorize: func(_ context.Context, c Client) error { f(c); return nil }}
		},
		"Classify":  func(f func(Client)) Options { return Options{Classify: func(c Client) string { f(c); return "" }} },
		"OnBegin":   func(f func(Client)) Options { return Options{OnBegin: f} },
		"OnEnd":     func(f func(Client)) Options { return Options{OnEnd: func(c Client, _ error) { f(c) }} },
		"OnUnknown": func(f func(Client)) Options { return Options{OnUnknown: f} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				r := inMemory(t, options(func(c Client) {
					if c.ID == 1 {
						<-release
					}
				}))
				if name != "OnUnknown" {
					r.set(t, "slow", one(1))
				}
				r.set(t, "quick", one(2))
				slow := ask(t, r.connect(t), "slow")
				synctest.Wait()
				quick := r.join(t, "quick")
				quick.wantList(entry(2))
				slow.hangUp()
				slow.Recv()
				r.set(t, "quick", one(3))
				quick.wantList(entry(3))
				synctest.Wait()
				closed := make(chan struct{})
				go func() {
					r.Close()
					close(closed)
				}()
				quick.wantEnd(codes.Unavailable)
				synctest.Wait()
				select {
				case <-closed:
					t.Error("Close has returned while the hook runs")
				default:
				}
				close(release)
				<-closed
			})
		})
	}
}

// OnEnd comes after the last report has been taken, however slowly.
func TestServer_Clients_EndsAfterItsReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := make(journal, 10)
		opts := j.options()
		opts.OnReport = func(Report) { time.Sleep(time.Second); j <- "reported" }
		r := inMemory(t, opts)
		r.set(t, greeter, one(1))
		c := r.join(t, greeter)
		c.say(report(1))
		synctest.Wait()
		r.Remove(greeter)
		j.want(t, "1 begins: "+greeter, "reported", "1 ends: NotFound")
	})
}

// State says who has which answer, and whether it has been handed over.
func TestServer_Clients_State(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{Classify: byHeader})
		began := time.Now()
		r.set(t, greeter, Server{Address: "10.0.0.1:80", Weight: 3}, Server{Address: "10.0.0.2:80"}) // 1
		r.setFor(t, greeter, "z1", one(2))                                                           // 2
		r.expect("later")
		r.fallback("unwell") // 3
		plain, z1 := r.joinAs(t, greeter, ""), r.joinAs(t, greeter, "z1")
		waits := ask(t, r.connect(t), "later")
		synctest.Wait() // it is the third
		open(t, r.connect(t)).CloseSend()
		silent := open(t, r.connect(t))
		synctest.Wait()

		state := r.State()
		want := []ServiceState{
			{Name: greeter, Answers: []AnswerState{
				{Number: 1, Since: began, Servers: []Server{{Address: "10.0.0.1:80", Weight: 3}, {Address: "10.0.0.2:80"}}, Entries: 4, Copies: []int{3, 1}},
				{Class: "z1", Number: 2, Since: began, Servers: []Server{one(2)}, Entries: 1},
			}},
			{Name: "later", Answers: []AnswerState{{}}},
			{Name: "unwell", Answers: []AnswerState{{Number: 3, Since: began, Fallback: true}}},
		}
		if diff := cmp.Diff(want, state.Services); diff != "" {
			t.Errorf("services (-want +got):\n%s", diff)
		}
		if state.Opening != 1 {
			t.Errorf("%d calls have named no service, want 1", state.Opening)
		}
		wantHas(t, r, "1 1/1", "2 z1 2/2", "3 0/0")
		if state.Clients[0].UpToDate() != true || state.Clients[2].UpToDate() != false {
			t.Errorf("clients %v", state.Clients)
		}

		// An equal list is no new one, and a class that loses its own is due the other.
		r.setFor(t, greeter, "z1", one(2))
		r.set(t, "later", one(3)) // 4
		r.RemoveFor(greeter, "z1")
		synctest.Wait()
		wantHas(t, r, "1 1/1", "2 z1 1/1", "3 4/4")
		if state.Services[2].Answers[0].Number != 3 || len(state.Clients) != 3 {
			t.Error("a state has changed after it was given")
		}
		if got := r.Answers("later"); len(got) != 1 || got[0].Number != 4 {
			t.Errorf("Answers: %v", got)
		}
		if got := r.Answers("unknown"); got != nil {
			t.Errorf("Answers of an unknown service: %v", got)
		}
		for _, c := range []*client{plain, z1, waits, silent} {
			c.hangUp()
		}
		synctest.Wait()
		wantHas(t, r)
		r.Close()
		if diff := cmp.Diff(State{}, r.State()); diff != "" {
			t.Errorf("the state of a closed balancer:\n%s", diff)
		}
	})
}

// What waits for a client that does not read has not been handed over.
func TestServer_Clients_NotHandedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		defer b.Close()
		r := &rig{Balancer: b, t: t}
		r.set(t, greeter, one(1))
		w, hangUp, result := serve(b)
		w.recvs <- initialRequest(greeter)
		<-w.sends // the initial response
		synctest.Wait()
		wantHas(t, r, "1 1/0")
		<-w.sends
		synctest.Wait()
		wantHas(t, r, "1 1/1")
		r.set(t, greeter, one(2))
		synctest.Wait()
		r.set(t, greeter, one(1))
		wantHas(t, r, "1 3/1")
		<-w.sends // the second
		synctest.Wait()
		wantHas(t, r, "1 3/2")
		<-w.sends
		synctest.Wait()
		wantHas(t, r, "1 3/3")
		hangUp()
		<-result
	})
}

// Ids are never used again, however clients come and go.
func TestServer_Clients_Churn(t *testing.T) {
	seen := make(chan uint64, 1000)
	r := onLoopback(t, Options{Classify: byHeader, OnEnd: func(c Client, _ error) { seen <- c.ID }})
	r.set(t, greeter, one(1))
	cc := r.connect(t)
	for range 300 {
		c := ask(t, cc, greeter)
		c.wantInitial(0)
		c.hangUp()
	}
	var ids []uint64
	for range 300 {
		ids = append(ids, <-seen)
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 300 || ids[0] != 1 || ids[299] != 300 {
		t.Errorf("%d ids, from %d to %d", len(ids), ids[0], ids[len(ids)-1])
	}
}

// wantHas compares clients, written as "ID CLASS ANSWER/HANDED".
func wantHas(t *testing.T, r *rig, want ...string) {
	t.Helper()
	var got []string
	for _, c := range r.Clients() {
		if c.Class != "" {
			c.Class += " "
		}
		got = append(got, fmt.Sprintf("%d %s%d/%d", c.ID, c.Class, c.Answer, c.Handed))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
}
