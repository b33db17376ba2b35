package lbserver

import (
	"testing"
)

// asks is a client that asks for the service and belongs to the class.
func asks(service, class string) Client { return Client{Service: service, Class: class} }

func TestRegistry_Transcript(t *testing.T) {
	r := newRegistry()
	a, b := &call{}, &call{}
	first, second := listOf(t, one(1)), listOf(t, one(2))

	r.expect("s")
	if ids := []uint64{r.open(a), r.open(b)}; ids[0] != 1 || ids[1] != 2 {
		t.Errorf("ids %v", ids)
	}
	wantTold(t, r.set("s", "", first))
	if got, here := r.ask(a, asks("s", ""), 0); got != first || !here {
		t.Errorf("ask = %v, %v", got, here)
	}
	wantTold(t, r.set("s", "", second), a)
	wantTold(t, r.set("s", "", listOf(t, one(2))))
	if first.number != 1 || second.number != 2 || r.numbers != 2 {
		t.Errorf("numbers %d, %d; %d in all", first.number, second.number, r.numbers)
	}
	r.leave(a)
	wantTold(t, r.remove("s"))
	if got, here := r.ask(b, asks("s", ""), 0); got != nil || !here {
		t.Errorf("ask for a removed service = %v, %v", got, here)
	}
	wantTold(t, r.close(), b)
}

func TestRegistry_Classes(t *testing.T) {
	r := newRegistry()
	plain, gold := &call{}, &call{}
	own, golden := listOf(t, one(1)), listOf(t, one(2))
	r.set("s", "gold", golden)
	r.open(plain)
	r.open(gold)
	if got, here := r.ask(plain, asks("s", ""), 0); got != nil || !here {
		t.Errorf("a service with a list for another class: ask = %v, %v", got, here)
	}
	r.ask(gold, asks("s", "gold"), 0)
	wantTold(t, r.set("s", "", own))
	if got, _ := r.ask(plain, asks("s", "steel"), 0); got != own {
		t.Errorf("a class without a list: ask = %v", got)
	}
	calls, a := r.unset("s", "gold")
	if wantTold(t, calls, gold); a != own {
		t.Errorf("a class that has lost its list is due %v", a)
	}
	wantTold(t, r.set("s", "", golden), plain, gold)
	calls, a = r.unset("s", "")
	if wantTold(t, calls, plain, gold); a != nil {
		t.Errorf("clients without any list are due %v", a)
	}
	if len(r.calls) != 0 || len(r.services) != 0 {
		t.Errorf("%d calls and %d services are remembered", len(r.calls), len(r.services))
	}
}

// A client may hang up between its request and the loop's hearing of it.
func TestRegistry_AskAfterLeavingLeavesNoTrace(t *testing.T) {
	r := newRegistry()
	r.set("s", "", fallbackAnswer())
	c := &call{}
	r.open(c)
	r.leave(c)
	if a, here := r.ask(c, asks("s", "c"), 0); a != nil || here {
		t.Errorf("ask = %v, %v; want nobody here", a, here)
	}
	if len(r.calls) != 0 || len(r.services["s"].classes) != 1 {
		t.Error("the call is remembered")
	}
}

// Clients say which classes there are; what they leave behind is nothing.
func TestRegistry_ClassesDoNotPileUp(t *testing.T) {
	r := newRegistry()
	r.expect("s")
	for i := range 1000 {
		c := &call{}
		r.open(c)
		r.ask(c, asks("s", string(rune('a'+i))), 0)
		r.leave(c)
	}
	if n := len(r.services["s"].classes); n != 1 {
		t.Errorf("%d classes are remembered", n)
	}
}

func wantTold(t *testing.T, got []*call, want ...*call) {
	t.Helper()
	left := make(map[*call]bool)
	for _, c := range want {
		left[c] = true
	}
	for _, c := range got {
		if !left[c] {
			t.Errorf("%d calls are told, want %d: one is wrong, or told twice", len(got), len(want))
		}
		delete(left, c)
	}
	if len(left) > 0 {
		t.Errorf("%d calls are told, want %d", len(got), len(want))
	}
}

func listOf(t *testing.T, servers ...Server) *answer {
	t.Helper()
	a, err := listAnswer(servers, "", defaultMaxListBytes)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
