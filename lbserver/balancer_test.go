package lbserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

const greeter = "greeter.example.com:443"

func TestClient_GetsInitialResponseThenList(t *testing.T) {
	r := onLoopback(t, Options{ReportInterval: 1500 * time.Millisecond})
	r.set(t, greeter,
		Server{Address: "10.0.0.1:80", Token: "a"},
		Server{Drop: true, Token: "overload"},
		Server{Address: "[2001:db8::2]:443"},
	)
	c := ask(t, r.connect(t), greeter)
	c.wantInitial(1500 * time.Millisecond)
	c.wantList("10.0.0.1:80 a", "drop overload", "[2001:db8::2]:443 ")
}

func TestClient_NegativeIntervalAsksForNoReports(t *testing.T) {
	r := onLoopback(t, Options{ReportInterval: -time.Second})
	r.set(t, greeter)
	c := ask(t, r.connect(t), greeter)
	if m := c.next().GetInitialResponse(); m == nil || m.ClientStatsReportInterval != nil {
		t.Errorf("initial response %v, want one without an interval", m)
	}
}

func TestSetServers_TellsEveryClientOfTheServiceOnly(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, "a", one(1))
	r.set(t, "b", one(2))
	var clients []*client
	for range 3 {
		c := r.join(t, "a")
		c.wantList(entry(1))
		clients = append(clients, c)
	}
	other := r.join(t, "b")
	other.wantList(entry(2))

	r.set(t, "a", one(3), one(4))
	for _, c := range clients {
		c.wantList(entry(3), entry(4))
	}
	r.set(t, "b", one(5))
	other.wantList(entry(5))
}

func TestSetServers_WeightsAreRepeatedEntriesSmoothly(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter,
		Server{Address: "10.0.0.1:80", Weight: 500},
		Server{Address: "10.0.0.2:80", Weight: 100},
		Server{Drop: true, Token: "d", Weight: 100},
	)
	a, b, d := "10.0.0.1:80 ", "10.0.0.2:80 ", "drop d"
	r.join(t, greeter).wantList(a, a, b, a, d, a, a)
}

func TestSetServers_EmptyListIsSent(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	c := r.join(t, greeter)
	c.wantList(entry(1))
	r.set(t, greeter)
	c.wantList()
	r.set(t, greeter, one(1))
	c.wantList(entry(1))
}

func TestSetServers_KeepsNothingOfTheSlice(t *testing.T) {
	r := onLoopback(t, Options{})
	servers := []Server{one(1)}
	r.set(t, greeter, servers...)
	servers[0] = one(2)
	r.join(t, greeter).wantList(entry(1))
}

func TestSetServers_ErrorsNameTheEntryAndChangeNothing(t *testing.T) {
	r := onLoopback(t, Options{MaxListBytes: 1000})
	r.set(t, greeter, one(1))
	for _, test := range []struct {
		service string
		servers []Server
		says    []string
	}{
		{greeter, []Server{one(1), one(2), {Address: "backend:80"}}, []string{greeter, "entry 2", `"backend"`}},
		{greeter, []Server{one(1), {Drop: true, Weight: -3}}, []string{"entry 1", "-3"}},
		{greeter, []Server{one(1), {Address: "10.0.0.2:80", Weight: 300}}, []string{"entry 1 of 2", "1000 bytes", "MaxEntries"}},
		{greeter, slices.Repeat([]Server{one(1)}, 200), []string{"of 200", "1000 bytes", "shorter tokens"}},
		{"", []Server{one(1)}, []string{"empty"}},
		{strings.Repeat("x", 256), []Server{one(1)}, []string{"256 bytes"}},
		{"\xff", []Server{one(1)}, []string{"UTF-8"}},
	} {
		err := r.SetServers(test.service, test.servers)
		if err == nil {
			t.Errorf("%+v is accepted", test)
			continue
		}
		for _, says := range test.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%q does not say %q", err, says)
			}
		}
	}
	r.join(t, greeter).wantList(entry(1))
}

func TestSetServers_LongestNameIsServed(t *testing.T) {
	r := onLoopback(t, Options{})
	name := strings.Repeat("x", 255)
	r.set(t, name, one(1))
	r.join(t, name).wantList(entry(1))
}

func TestFallback_ThenServers(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	c := r.join(t, greeter)
	c.wantList(entry(1))
	if err := r.SetFallback(greeter); err != nil {
		t.Fatal(err)
	}
	c.wantFallback()
	r.join(t, greeter).wantFallback()
	// The list from before is news now: only it ends fallback.
	r.set(t, greeter, one(1))
	c.wantList(entry(1))
}

func TestFallback_MakesAServiceKnown(t *testing.T) {
	r := onLoopback(t, Options{})
	if err := r.SetFallback(greeter); err != nil {
		t.Fatal(err)
	}
	r.join(t, greeter).wantFallback()
	if err := r.SetFallback(""); err == nil {
		t.Error("the empty name is accepted")
	}
}

func TestRemove_EndsCallsOfTheService(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, "a", one(1))
	r.set(t, "b", one(2))
	a, b := r.join(t, "a"), r.join(t, "b")
	a.wantList(entry(1))
	b.wantList(entry(2))

	r.Remove("a")
	r.Remove("never heard of")
	if text := a.wantEnd(codes.NotFound); !strings.Contains(text, `"a"`) {
		t.Errorf("%q does not name the service", text)
	}
	ask(t, r.connect(t), "a").wantEnd(codes.NotFound)
	r.set(t, "b", one(3))
	b.wantList(entry(3))
	r.set(t, "a", one(4))
	r.join(t, "a").wantList(entry(4))
}

func TestUnknownService_IsNotFoundByName(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	for _, name := range []string{"", "nobody.example.com", strings.ToUpper(greeter), "greeter.example.com"} {
		text := ask(t, r.connect(t), name).wantEnd(codes.NotFound)
		if !strings.Contains(text, fmt.Sprintf("%q", name)) {
			t.Errorf("%q does not name %q", text, name)
		}
	}
}

func TestClosed_RefusesEverything(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	r.Close()
	if err := r.SetServers(greeter, []Server{one(1)}); !errors.Is(err, ErrClosed) {
		t.Errorf("SetServers: %v", err)
	}
	if err := r.SetFallback(greeter); !errors.Is(err, ErrClosed) {
		t.Errorf("Fallback: %v", err)
	}
	r.Remove(greeter)
	open(t, r.connect(t)).wantEnd(codes.Unavailable)
}
