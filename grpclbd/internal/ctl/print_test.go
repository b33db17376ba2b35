package ctl

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

func before(d time.Duration) time.Time { return at.Add(-d) }

// bare is a balancer that has just started, of which little is known.
func bare() view.State {
	return view.State{
		Replica: "a", Version: "v1", At: at, Started: before(2 * time.Second), NotReady: []string{`service "s" is not ready`},
		Config: view.Config{Loaded: before(2 * time.Second)}, Store: view.Store{Kind: "embedded", Since: before(2 * time.Second), Why: "context deadline exceeded"},
	}
}

// busy has three services: one that serves, one in fallback, one that waits for a source.
func busy() view.State {
	greeter := view.Service{
		Name: "greeter", Mode: view.Serving, Guards: []string{"maxRemove: 1 backend held"},
		Sources: []view.Source{
			{Kind: "etcd", Name: "services/greeter", Said: before(3 * time.Second), Backends: 2},
			{Kind: "file", Name: "b.yaml", Said: before(time.Hour), Backends: 1, Error: "b.yaml: line 3: 5 is wrong", ErrorAt: before(time.Minute)},
		},
		Backends: []view.Backend{
			{Address: "10.0.0.1:1", Zone: "z1", Health: "healthy", Since: before(time.Hour), Served: true, Reason: "healthy", Weight: view.Weight{Used: 3}, Share: .75, Clients: 2},
			{Address: "10.0.0.2:1", Health: "unhealthy", Since: before(time.Minute), Reason: "unhealthy", Why: "connection refused", Draining: true},
			{Address: "10.0.0.3:1", Health: "unknown", Reason: "not checked yet"},
		},
		Changes: []view.Change{{At: before(time.Minute), From: 2, To: 1, Why: "10.0.0.2:1 is unhealthy"}},
		Total:   store.Total{Service: "greeter", Clients: 2, Started: 1000, Drained: map[string]int{"10.0.0.2:1": 0}},
	}
	orders := view.Service{
		Name: "orders", Mode: view.Fallback, Sources: []view.Source{{Kind: "static", Name: "1 address", Said: before(time.Hour), Backends: 1}},
		Backends: []view.Backend{{Address: "10.1.0.1:1", Health: "unchecked", Served: true, Reason: "health is not checked", Weight: view.Weight{Used: 1}, Share: 1}},
		Total:    store.Total{Service: "orders", Clients: 1, Started: 1},
	}
	slow := view.Service{Name: "slow", Mode: view.Waiting, Waiting: []string{"dns slow.internal:1"}, Sources: []view.Source{{Kind: "dns", Name: "slow.internal:1", Error: "no such host", ErrorAt: before(5 * time.Second)}}}
	s := view.State{
		Replica: "a", Version: "v1", At: at, Started: before(26 * time.Hour), Ready: true, Services: []view.Service{greeter, orders, slow},
		Config:   view.Config{Path: "lb.yaml", Loaded: before(time.Hour), Error: "lb.yaml: line 4: x", ErrorAt: before(3 * time.Second), Restart: []string{"listen", "tls"}},
		Store:    view.Store{Kind: "cluster", Members: []string{"http://10.0.0.1:2379", "http://10.0.0.2:2379"}, Reached: true},
		Replicas: []store.Replica{{Name: "a"}, {Name: "b", Services: []store.Total{{Service: "greeter", Clients: 1, Started: 5, Drained: map[string]int{"10.0.0.2:1": 1}}}}},
		Clients: []view.Client{
			{ID: 7, Service: "greeter", Peer: "10.9.0.1:5", Zone: "z1", Class: "zone=z1", Opened: before(time.Minute), Answer: 8, Handed: 7, Started: 1000},
			{ID: 9, Service: "orders", Peer: "10.9.0.2:5", Opened: before(time.Second)},
		},
	}
	return s.WithOverrides([]override.Override{
		{Kind: override.Drop, Token: "shed", Value: 5, Who: "ann@desk", Why: "load", Until: at.Add(90 * time.Second)},
		{Service: "greeter", Kind: override.Drain, Address: "10.0.0.2:1", Who: "ann@desk", Why: "disk"},
		{Service: "greeter", Kind: override.Weight, Address: "10.0.0.8:1", Value: 2, Who: "bob"},
		{Service: "greter", Kind: override.Fallback, Who: "bob"},
	})
}

// What is printed of known states, to the letter.
func TestCtl_Prints(t *testing.T) {
	for name, c := range map[string]struct {
		print func(io.Writer) error
		want  string
	}{
		"status of a new balancer": {func(w io.Writer) error { return Status(w, bare()) }, `
replica a, version v1, up for 2s, NOT READY: service "s" is not ready
configuration from flags, read 2s ago
store etcd in this process, NOT REACHED for 2s: context deadline exceeded
  lists stay as they are; overrides can't be changed
replicas -

SERVICE  MODE  SERVED  HEALTHY  KNOWN  CLIENTS  CALLS  NOTES
`},
		"status": {func(w io.Writer) error { return Status(w, busy()) }, `
replica a, version v1, up for 26h0m0s, ready
configuration lb.yaml, read 1h0m0s ago
  a newer one was refused 3s ago: lb.yaml: line 4: x
  these fields were changed and need a restart: listen, tls
store etcd at http://10.0.0.1:2379, http://10.0.0.2:2379, reached
replicas a (3 clients, 1001 calls), b (1 client, 5 calls)
override weight 10.0.0.8:1 2 of service "greeter" matches nothing: no source names a backend 10.0.0.8:1 of service "greeter"
override fallback of service "greter" matches nothing: there is no service "greter"

SERVICE  MODE      SERVED  HEALTHY  KNOWN  CLIENTS  CALLS  NOTES
greeter  serving   1       1        3      2        1000   maxRemove: 1 backend held; file b.yaml fails for 1m0s; 3 overrides
orders   fallback  1       -        1      1        1      1 override
slow     waiting   0       -        0      0        0      waits for dns slow.internal:1; dns slow.internal:1 fails for 5s; 1 override
`},
		"a service": {func(w io.Writer) error { s := busy(); return List(w, s, s.Services[0]) }, `
service greeter, serving, 2 clients, 1000 calls
guard: maxRemove: 1 backend held

SOURCE  NAME              READ AGO  BACKENDS  FAULT
etcd    services/greeter  3s        2         -
file    b.yaml            1h0m0s    1         for 1m0s: b.yaml: line 3: 5 is wrong

BACKEND     ZONE  HEALTH     SINCE   WEIGHT  SHARE  CLIENTS  REASON
10.0.0.1:1  z1    healthy    1h0m0s  3       75.0%  2        healthy
10.0.0.2:1  -     unhealthy  1m0s    0       0.0%   0        unhealthy; the last bad answer: connection refused
10.0.0.3:1  -     unknown    -       0       0.0%   0        not checked yet

OVERRIDE  SUBJECT     VALUE  SERVICE      ENDS         WHO       WHY   STATE
drop      shed        5%     (every one)  in 1m30s     ann@desk  load  -
drain     10.0.0.2:1  -      greeter      when lifted  ann@desk  disk  1 client still has it
weight    10.0.0.8:1  2      greeter      when lifted  bob       -     matches nothing: no source names a backend 10.0.0.8:1 of service "greeter"

2026-03-01T02:59:00Z greeter: from 2 to 1 backends: 10.0.0.2:1 is unhealthy
`},
		"a service that waits": {func(w io.Writer) error { s := busy(); return List(w, s, s.Services[2]) }, `
service slow, waiting, 0 clients, 0 calls

SOURCE  NAME             READ AGO  BACKENDS  FAULT
dns     slow.internal:1  never     0         for 5s: no such host

BACKEND  ZONE  HEALTH  SINCE  WEIGHT  SHARE  CLIENTS  REASON

OVERRIDE  SUBJECT  VALUE  SERVICE      ENDS      WHO       WHY   STATE
drop      shed     5%     (every one)  in 1m30s  ann@desk  load  -

`},
		"overrides": {func(w io.Writer) error { return Overrides(w, busy()) }, `
OVERRIDE  SUBJECT     VALUE  SERVICE      ENDS         WHO       WHY   STATE
drop      shed        5%     (every one)  in 1m30s     ann@desk  load  -
drain     10.0.0.2:1  -      greeter      when lifted  ann@desk  disk  1 client still has it
weight    10.0.0.8:1  2      greeter      when lifted  bob       -     matches nothing: no source names a backend 10.0.0.8:1 of service "greeter"
fallback  -           -      greter       when lifted  bob       -     matches nothing: there is no service "greter"
`},
		"no override": {func(w io.Writer) error { return Overrides(w, bare()) }, "no override is in force\n"},
		"clients": {func(w io.Writer) error { return Clients(w, busy(), "") }, `
CLIENT  SERVICE  PEER        ZONE  CLASS    OPEN  LIST  HAS  CALLS
7       greeter  10.9.0.1:5  z1    zone=z1  1m0s  8     7    1000
9       orders   10.9.0.2:5  -     -        1s    0     0    0
`},
		"clients of a service": {func(w io.Writer) error { return Clients(w, busy(), "orders") }, `
CLIENT  SERVICE  PEER        ZONE  CLASS  OPEN  LIST  HAS  CALLS
9       orders   10.9.0.2:5  -     -      1s    0     0    0
`},
		"no client": {func(w io.Writer) error { return Clients(w, bare(), "") }, "no client is connected to this replica\n"},
	} {
		var out bytes.Buffer
		if err := c.print(&out); err != nil || out.String() != strings.TrimPrefix(c.want, "\n") {
			t.Errorf("%s: error %v\n%s", name, err, out.String())
		}
	}
}

// A service without a backend says so, unless its clients use their fallback addresses.
func TestList_Empty(t *testing.T) {
	for mode, want := range map[view.Mode]int{view.Serving: 2, view.Fallback: 0, view.Waiting: 0} {
		s, out := bare(), bytes.Buffer{}
		s.Services = []view.Service{{Name: "s", Mode: mode, Backends: []view.Backend{{Address: "10.0.0.1:1", Draining: true}}}}
		if err := errors.Join(Status(&out, s), List(&out, s, s.Services[0])); err != nil || strings.Count(out.String(), "no backend: clients get an empty list") != want {
			t.Errorf("%s: error %v\n%s", mode, err, out.String())
		}
	}
}

// A long list of overrides that match nothing is cut.
func TestCtl_ManyOverrides(t *testing.T) {
	var out bytes.Buffer
	if err := Status(&out, bare().WithOverrides(make([]override.Override, shownLost+3))); err != nil || strings.Count(out.String(), "matches nothing") != shownLost ||
		!strings.Contains(out.String(), "and 3 more overrides that match nothing; see grpclbd ctl overrides\n") {
		t.Errorf("error %v\n%s", err, out.String())
	}
}

// evil has an escape sequence, one of the C1 set, a turn of the direction of writing, and line breaks.
const evil = "\x1b[31m\u009b2J\u202e\u2028\r\n\x7f\tx"

// fill puts the text into each string that v has, and one element into each list and map.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(at))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "Balancer" {
				fill(v.Field(i), text)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, text)
		fill(value, text)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	}
}

func hostile() (s view.State) {
	fill(reflect.ValueOf(&s).Elem(), evil)
	return s
}

// harmless checks that a text moves no cursor and hides nothing.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 || text == "" {
		t.Errorf("%s has control characters: %q", what, text)
	}
}

// What others wrote reaches the terminal without control characters.
func TestCtl_HostileNames(t *testing.T) {
	s := hostile()
	for name, print := range map[string]func(io.Writer) error{
		"status":    func(w io.Writer) error { return Status(w, s) },
		"list":      func(w io.Writer) error { return List(w, s, s.Services[0]) },
		"overrides": func(w io.Writer) error { return Overrides(w, s) },
		"clients":   func(w io.Writer) error { return Clients(w, s, "") },
	} {
		var out bytes.Buffer
		if err := print(&out); err != nil {
			t.Error(err)
		}
		harmless(t, name, out.String())
	}
	before := s
	before.Services = []view.Service{{Name: evil}}
	harmless(t, "watch", strings.Join(news(before, s), "\n"))
	d := draining{drain: s.Overrides[0].Override}
	_, _, err := d.look(s)
	harmless(t, "nothing to wait for", err.Error())
	s.Overrides[0].MatchesNothing = ""
	line, _, _ := d.look(s)
	harmless(t, "waiting", line)
}
