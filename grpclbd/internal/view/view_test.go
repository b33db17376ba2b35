package view

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func with(names ...string) (s State) {
	for _, n := range names {
		s.Services = append(s.Services, Service{Name: n})
	}
	return s
}

// The error of a name that no service has names those that there are.
func TestOverride_NamesOfServices(t *testing.T) {
	many := State{}
	for i := range 25 {
		many = with(append([]string{fmt.Sprint("service-", i)}, names(many)...)...)
	}
	for _, c := range []struct {
		s          State
		name, want string
	}{
		{State{}, "a", `there is no service "a"; there is none at all`},
		{with("b", "a"), "c", `there is no service "c". The services are "a", "b"`},
		{with("orders", "greeter"), "x", `there is no service "x". The services are "greeter", "orders"`},
		{with("a", "orders.example.com:443"), "orders.example.com", `Do you mean "orders.example.com:443"? The services are "orders.example.com:443", "a"`},
		{with("a", "greeter"), "greeter:443", `Do you mean "greeter"?`},
		{with("a", "Greeter"), "greeter", `Do you mean "Greeter"?`},
		{with("greeter"), "", `there is no service "". The services are "greeter"`},
		{many, "zzzzzzzzzzzz", "and 15 more"},
		{with(strings.Repeat("a", 255)), strings.Repeat("b", 100_000), "there is no service"},
		{with("\x1b[31m"), "\x1b", `"\x1b[31m"`},
	} {
		if got := c.s.Unknown(c.name).Error(); !strings.Contains(got, c.want) {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

func names(s State) (all []string) {
	for _, v := range s.Services {
		all = append(all, v.Name)
	}
	return all
}

// An override matches nothing if its service or its backend is not there. While a source that may
// name the backend has not spoken, that is not known.
func TestOverride_MatchesNothing(t *testing.T) {
	s := State{Services: []Service{
		{Name: "a", Mode: Serving, Aliases: []string{"alias"}, Backends: []Backend{{Address: "10.0.0.1:1"}}},
		{Name: "b", Mode: Fallback, Backends: []Backend{{Address: "10.0.0.2:1"}}},
		{Name: "w", Mode: Waiting, Backends: []Backend{{Address: "10.0.0.3:1"}}},
	}}
	settled := State{Services: s.Services[:2]}
	for _, c := range []struct {
		s       State
		service string
		kind    override.Kind
		address string
		want    string
	}{
		{s, "a", override.Drain, "10.0.0.1:1", ""},
		{s, "b", override.Weight, "10.0.0.1:1", `no source names a backend 10.0.0.1:1 of service "b"`},
		{s, "w", override.Drain, "10.0.0.1:1", ""},
		{s, "", override.Drain, "10.0.0.9:1", ""},
		{settled, "", override.Drain, "10.0.0.2:1", ""},
		{settled, "", override.Drain, "10.0.0.9:1", "no source names a backend 10.0.0.9:1"},
		{s, "x", override.Drain, "10.0.0.1:1", `there is no service "x"`},
		{s, "alias", override.Fallback, "", `there is no service "alias"`}, // fleets know the name alone
		{s, "b", override.Fallback, "", ""},
		{s, "", override.Drop, "", ""},
		{State{}, "", override.Fallback, "", "there is no service"},
	} {
		o := override.Override{Service: c.service, Kind: c.kind, Address: c.address}
		all := c.s.WithOverrides([]override.Override{o, {Kind: override.Drain, Address: "10.0.0.8:1"}}).Overrides
		if got := c.s.MatchesNothing(o); got != c.want || all[0].MatchesNothing != c.want {
			t.Errorf("%v: %q and %q, want %q", o, got, all[0].MatchesNothing, c.want)
		}
	}
}

// What is to be seen of one service has its overrides, and those of every service.
func TestOnly_Overrides(t *testing.T) {
	s := with("a", "b").WithOverrides([]override.Override{{Service: "a", Kind: override.Fallback}, {Service: "b", Kind: override.Fallback}, {Kind: override.Drop}})
	if got := s.Only("b").Overrides; len(got) != 2 || got[0].Service != "b" || got[1].Service != "" {
		t.Errorf("%+v", got)
	}
	if v, found := (State{Services: []Service{{Name: "a", Aliases: []string{"x"}}}}).Find("x"); !found || v.Name != "a" {
		t.Errorf("%+v, %v", v, found)
	}
}
