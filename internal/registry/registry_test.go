package registry_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/actorlb/grpclb/internal/registry"
)

type member struct{ target string }

func (m *member) Target() string { return m.target }

// listed is the registry's members as "number:target", one after the other.
func listed(r *registry.Registry) (words string) {
	for _, e := range r.Members() {
		words += fmt.Sprint(e.Number, ":", e.Member.Target(), " ")
	}
	return words
}

func TestRegistry_MembersInTheOrderOfJoining(t *testing.T) {
	r, a, b, c := registry.New(), &member{target: "a"}, &member{target: "b"}, &member{target: "c"}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, ""},
		{func() { r.Join(a); r.Join(b) }, "1:a 2:b "},
		{func() { r.Leave(a); r.Leave(a) }, "2:b "},
		{func() { r.Join(c); r.Join(a) }, "2:b 3:c 4:a "},
		{func() { r.Leave(b); r.Leave(c); r.Leave(a) }, ""},
	} {
		if step.do(); listed(r) != step.want {
			t.Errorf("got %q, want %q", listed(r), step.want)
		}
	}
}

// Whoever comes and goes at once with others is in the registry when it asks, and not after it has
// left and asked again.
func TestRegistry_ManyAtOnce(t *testing.T) {
	r := registry.New()
	holds := func(m *member) bool {
		for _, e := range r.Members() {
			if e.Member == registry.Member(m) {
				return true
			}
		}
		return false
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 300 {
				m := new(member)
				if r.Join(m); !holds(m) {
					t.Error("a member that has joined is missing")
				}
				if r.Leave(m); holds(m) {
					t.Error("a member that has left is still there")
				}
			}
		})
	}
	all.Wait()
	if got := listed(r); got != "" {
		t.Errorf("left over: %q", got)
	}
}

// A bubble ends, and its time goes on, though the registry is from outside of it.
func TestRegistry_InBubbles(t *testing.T) {
	r, outside := registry.New(), &member{target: "outside"}
	r.Join(outside)
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			m := &member{target: "inside"}
			r.Join(m)
			synctest.Wait()
			if got := len(r.Members()); got != 2 {
				t.Errorf("%d members, want 2", got)
			}
			r.Leave(m)
		})
	}
	r.Leave(outside)
}

func TestRegistry_KeepsNoMemberThatHasLeft(t *testing.T) {
	r := registry.New()
	gone := func() weak.Pointer[member] {
		m := new(member)
		r.Join(m)
		r.Leave(m)
		return weak.Make(m)
	}()
	runtime.GC()
	if gone.Value() != nil {
		t.Error("a member that has left is still held")
	}
	runtime.KeepAlive(r)
}

// The registry is small beside a channel, which has tens of kilobytes.
func TestRegistry_HeapOfAMember(t *testing.T) {
	const n = 10_000
	all := make([]member, n)
	heap := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	r, before := registry.New(), heap()
	for i := range all {
		r.Join(&all[i])
	}
	got := (heap() - before) / n
	t.Logf("%d bytes for a member", got)
	if got > 200 {
		t.Errorf("%d bytes for a member, want at most 200", got)
	}
	runtime.KeepAlive(all)
	runtime.KeepAlive(r)
}
