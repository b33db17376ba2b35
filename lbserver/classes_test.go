package lbserver

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

// byHeader classifies clients by what they say in their header "zone".
func byHeader(c Client) string {
	if zones := c.Metadata.Get("zone"); len(zones) > 0 {
		return zones[0]
	}
	return ""
}

// joinAs is join for a client of a zone.
func (r *rig) joinAs(t *testing.T, service, zone string) *client {
	t.Helper()
	c := r.askAs(t, service, zone)
	c.wantInitial(0)
	return c
}

// askAs is ask for a client of a zone, on a channel of its own.
func (r *rig) askAs(t *testing.T, service, zone string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), "zone", zone), patience)
	t.Cleanup(cancel)
	stream, err := lbpb.NewLoadBalancerClient(r.connect(t)).BalanceLoad(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{stream, t, cancel}
	c.say(initialRequest(service))
	return c
}

// setFor is SetServersFor with valid servers.
func (r *rig) setFor(t *testing.T, service, class string, servers ...Server) {
	t.Helper()
	if err := r.SetServersFor(service, class, servers); err != nil {
		t.Fatal(err)
	}
}

// Clients of a class get the class's list, the others the service's, and each hears
// of its own only.
func TestServer_Classes(t *testing.T) {
	r := onLoopback(t, Options{Classify: byHeader})
	r.set(t, greeter, one(1))
	r.setFor(t, greeter, "z1", one(2))
	plain, z1, z2 := r.joinAs(t, greeter, ""), r.joinAs(t, greeter, "z1"), r.joinAs(t, greeter, "z2")
	plain.wantList(entry(1))
	z1.wantList(entry(2))
	z2.wantList(entry(1))

	r.setFor(t, greeter, "z1", one(3))
	z1.wantList(entry(3))
	r.setFor(t, greeter, "", one(4)) // the service's own
	plain.wantList(entry(4))
	z2.wantList(entry(4))
	r.setFor(t, greeter, "z2", one(5))
	z2.wantList(entry(5))
	r.Remove(greeter)
	for _, c := range []*client{plain, z1, z2} {
		c.wantEnd(codes.NotFound)
	}
}

// An empty list is a list: it does not mean the service's own.
func TestServer_Classes_EmptyList(t *testing.T) {
	r := onLoopback(t, Options{Classify: byHeader})
	r.set(t, greeter, one(1))
	r.setFor(t, greeter, "z1")
	c := r.joinAs(t, greeter, "z1")
	c.wantList()
	r.set(t, greeter, one(2))
	r.RemoveFor(greeter, "z1")
	c.wantList(entry(2))
	r.setFor(t, greeter, "z1")
	c.wantList()
}

// A class whose list is taken away gets the service's own, if there is one.
func TestServer_Classes_RemoveFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{Classify: byHeader})
		r.setFor(t, greeter, "z1", one(1))
		if text, want := r.askAs(t, greeter, "z2").wantEnd(codes.NotFound),
			`the balancer has no answer of service "greeter.example.com:443" for this client: its class "z2" has none, and the service has none of its own`; text != want {
			t.Errorf("the client of another class is told\n%q, want\n%q", text, want)
		}
		z1 := r.joinAs(t, greeter, "z1")
		z1.wantList(entry(1))
		r.RemoveFor(greeter, "no class")
		r.RemoveFor("no service", "z1")
		r.RemoveFor(greeter, "z1")
		if text, want := z1.wantEnd(codes.NotFound),
			`the balancer has removed the answer of class "z1" of service "greeter.example.com:443", and the service has none of its own`; text != want {
			t.Errorf("the client of the class is told\n%q, want\n%q", text, want)
		}
		if state := r.State(); len(state.Services) != 0 {
			t.Errorf("services %v", state.Services)
		}

		// Of an expected service it keeps what it has.
		r.expect(greeter)
		r.setFor(t, greeter, "z1", one(1))
		z1, z2 := r.joinAs(t, greeter, "z1"), r.askAs(t, greeter, "z2")
		z1.wantList(entry(1))
		r.RemoveFor(greeter, "z1")
		synctest.Wait()
		r.set(t, greeter, one(2))
		z1.wantList(entry(2))
		z2.wantInitial(0)
		z2.wantList(entry(2))

		// The service's own list can be taken away alone.
		r.setFor(t, greeter, "z1", one(3))
		z1.wantList(entry(3))
		r.RemoveFor(greeter, "")
		if text, want := z2.wantEnd(codes.NotFound),
			`the balancer has removed the answer of service "greeter.example.com:443", and there is none for this client's class`; text != want {
			t.Errorf("the client of another class is told\n%q, want\n%q", text, want)
		}
		r.setFor(t, greeter, "z1", one(4))
		z1.wantList(entry(4))
	})
}

func TestServer_Classes_Fallback(t *testing.T) {
	r := onLoopback(t, Options{Classify: byHeader})
	r.set(t, greeter, one(1))
	if err := r.SetFallbackFor(greeter, "z1"); err != nil {
		t.Fatal(err)
	}
	plain, z1 := r.joinAs(t, greeter, ""), r.joinAs(t, greeter, "z1")
	plain.wantList(entry(1))
	z1.wantFallback()
	r.fallback(greeter)
	plain.wantFallback()
	r.setFor(t, greeter, "z1", one(2))
	z1.wantList(entry(2))
}

// A class is decided once a call.
func TestServer_Classes_Once(t *testing.T) {
	asked := make(chan Client, 10)
	r := onLoopback(t, Options{Classify: func(c Client) string { asked <- c; return fmt.Sprint("class ", c.ID) }})
	r.setFor(t, greeter, "class 1", one(1))
	c := r.join(t, greeter)
	c.wantList(entry(1))
	r.setFor(t, greeter, "class 1", one(2))
	c.wantList(entry(2))
	if n := len(asked); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	if got := <-asked; got.Service != greeter || got.Peer.Addr == nil || len(got.Metadata.Get("user-agent")) != 1 || got.Opened.IsZero() {
		t.Errorf("it was asked about %v", got)
	}
}

// A thousand classes with a list each, and each client gets its own.
func TestServer_Classes_Thousand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const classes = 1000
		r := inMemory(t, Options{Classify: byHeader})
		r.set(t, greeter, one(1))
		cc := r.connect(t)
		clients := make([]*client, classes)
		for i := range clients {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "zone", fmt.Sprint(i))
			stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(ctx)
			if err != nil {
				t.Fatal(err)
			}
			clients[i] = &client{stream, t, nil}
			clients[i].say(initialRequest(greeter))
			clients[i].wantInitial(0)
			clients[i].wantList(entry(1))
		}
		for i := range clients {
			r.setFor(t, greeter, fmt.Sprint(i), Server{Address: "10.0.0.2:80", Token: fmt.Sprint(i)})
		}
		for i, c := range clients {
			c.wantList(fmt.Sprintf("10.0.0.2:80 %d", i))
		}
		r.set(t, greeter, one(3))
		for i := range clients {
			r.RemoveFor(greeter, fmt.Sprint(i))
		}
		for _, c := range clients {
			c.wantList(entry(3))
		}
		if got := r.Answers(greeter); len(got) != 1 {
			t.Errorf("%d answers, want the service's own", len(got))
		}
	})
}

// An answer that OnBegin sets for the client's class is the one that the client gets. OnUnknown
// is not asked, neither then nor while the service is expected.
func TestServer_Classes_SetInOnBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		asked := 0
		r = inMemory(t, Options{
			Classify: byHeader,
			OnBegin: func(c Client) {
				if c.Class != "waits" {
					r.setFor(t, c.Service, c.Class, Server{Address: "10.0.0.1:80", Token: c.Class})
				}
			},
			OnUnknown: func(Client) { asked++ },
		})
		for _, class := range []string{"a", "b"} {
			r.joinAs(t, greeter, class).wantList("10.0.0.1:80 " + class)
		}
		r.expect(greeter)
		waits := r.askAs(t, greeter, "waits")
		synctest.Wait()
		r.setFor(t, greeter, "waits", one(1))
		waits.wantInitial(0)
		waits.wantList(entry(1))
		if asked != 0 {
			t.Errorf("OnUnknown was asked %d times", asked)
		}
		// What was set stays when the clients have gone, and can be seen and removed.
		r.RemoveFor(greeter, "waits")
		waits.hangUp()
		synctest.Wait()
		for _, a := range r.Answers(greeter) {
			r.RemoveFor(greeter, a.Class)
		}
		if state := r.State(); len(state.Services) != 0 {
			t.Errorf("services %v", state.Services)
		}
	})
}

// While the service is expected, a client whose class loses its answer keeps its list, and
// State says that it waits and what it has.
func TestServer_Classes_RemoveFor_Expected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{Classify: byHeader})
		r.expect(greeter)
		r.setFor(t, greeter, "z1", one(1))
		r.joinAs(t, greeter, "z1").wantList(entry(1))
		synctest.Wait()
		r.RemoveFor(greeter, "z1")
		wantHas(t, r, "1 z1 0/1")
		if r.Clients()[0].UpToDate() {
			t.Error("it waits for an answer and is up to date")
		}
	})
}
