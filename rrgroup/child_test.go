package rrgroup

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	_ "google.golang.org/grpc/balancer/pickfirst"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/hosted"
)

// A turning is a child policy as a user would write one: base's balancer with a picker
// that takes the READY backends in turn and adds a header. It counts its instances.
type turning struct {
	balancer.Builder
	built  int
	closed int
	roles  map[string]string // of the addresses in its latest picker, by their tokens
	done   int               // calls that its own Done has heard of
}

func newTurning(name string) *turning {
	b := &turning{}
	b.Builder = base.NewBalancerBuilder(name, pickers{b}, base.Config{})
	return b
}

func (b *turning) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	b.built++
	return &closing{b.Builder.Build(cc, o), b}
}

type closing struct {
	balancer.Balancer
	of *turning
}

func (c *closing) Close() {
	c.of.closed++
	c.Balancer.Close()
}

func (c *closing) ExitIdle() {}

func (b *turning) child() *hosted.Child { return &hosted.Child{Builder: b} }

type turningPicker struct {
	of    *turning
	ready []balancer.SubConn
	next  int
}

// Pickers build the pickers of a turning.
type pickers struct{ of *turning }

func (p pickers) Build(info base.PickerBuildInfo) balancer.Picker { return p.of.picker(info) }

func (b *turning) picker(info base.PickerBuildInfo) balancer.Picker {
	p := &turningPicker{of: b}
	b.roles = map[string]string{}
	for sc, i := range info.ReadySCs {
		p.ready = append(p.ready, sc)
		b.roles[letter(i.Address.Addr)], _ = hosted.TokenOf(i.Address)
	}
	if len(p.ready) == 0 {
		return base.NewErrPicker(balancer.ErrNoSubConnAvailable)
	}
	return p
}

func (p *turningPicker) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	p.next++
	return balancer.PickResult{
		SubConn:  p.ready[p.next%len(p.ready)],
		Done:     func(balancer.DoneInfo) { p.of.done++ },
		Metadata: metadata.Pairs("child", "was here"),
	}, nil
}

// with returns the plan with a child that chooses.
func (p *Plan) with(c *hosted.Child) *Plan {
	p.Child = c
	return p
}

func pickFirst() *hosted.Child { return &hosted.Child{Builder: balancer.Get("pick_first")} }

func TestConfig_ChildPickFirst(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(from(1, "a b c").with(pickFirst()))
		want(t, "state before", f.state(), connectivity.Connecting)
		want(t, "pick before", f.pick(), "wait")
		f.up("a")
		want(t, "picks", f.picks(3), "a a a")
		want(t, "SubConns that connect", f.connecting(), 1)
		want(t, "report", f.count(1), "started 3 finished 3 unsent 0 received 3 dropped []")

		// Tokens and order change, and the connection stays.
		f.adopt(list("c b a:new").with(pickFirst()))
		r, got := f.hold()
		want(t, "pick after the change", got, "a")
		want(t, "its token", r.Metadata["lb-token"][0], "new")
		want(t, "connection attempts", f.conn("a").Connects(), 1)
		r.Done(answer)
		time.Sleep(time.Minute)
		want(t, "generations drained", f.group.Stats().Drained, 1)

		f.each([]string{"a"}, connectivity.Idle)
		want(t, "state when its connection is lost", f.state(), connectivity.Connecting)
		f.up("c")
		want(t, "pick", f.pick(), "c")
	})
}

func TestConfig_ChildPickFirstFails(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a").with(pickFirst()))
		f.each([]string{"a"}, connectivity.TransientFailure, errors.New("no route to a"))
		want(t, "state", f.state(), connectivity.TransientFailure)
		want(t, "pick", f.pick(), "grpclb is using a list: no backend is READY: no route to a")
		f.each([]string{"a"}, connectivity.Idle)
		f.up("a")
		want(t, "pick", f.pick(), "a")
	})
}

func TestConfig_ChildTokens(t *testing.T) {
	child := newTurning("turning")
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a:1 a:2 drop").with(child.child()))
		f.up("a")
		want(t, "role that the child sees", child.roles["a"], "1")
		tokens, drops := map[string]int{}, 0
		for range 8 {
			r, what := f.hold()
			if what == "drop" {
				drops++
				continue
			}
			tokens[r.Metadata["lb-token"][0]]++
			want(t, "header of the child", r.Metadata["child"][0], "was here")
			r.Done(answer)
		}
		// Two of three places in the list are backends, and they take turns.
		if drops < 2 || drops > 3 || tokens["1"] < 2 || tokens["2"] < 2 {
			t.Errorf("%d drops, tokens %v", drops, tokens)
		}
		want(t, "ends that the child heard of", child.done, 8-drops)
	})
}

// Package base keeps the attributes with which an address came first. Its picker is given
// the token of the newest list nevertheless, also after lists that did not have the
// address.
func TestConfig_ChildTokens_LiveWithBase(t *testing.T) {
	child := newTurning("turning")
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a:leader b:follower").with(child.child()))
		f.up("a", "b")
		for _, next := range []string{
			"a:follower b:leader", "b:leader a:follower", "a:leader b:leader", "a:idle b:leader", "b:follower", "a:leader b:other a:follower",
		} {
			f.adopt(list(next).with(child.child()))
			want(t, "roles by "+next, fmt.Sprint(child.roles), rolesIn(next))
		}
		want(t, "connections to a", f.conn("a").Connects(), 1)
		want(t, "instances", child.built, 1)
	})
}

// rolesIn returns what a child should get of a list: the first token of each address.
func rolesIn(list string) string {
	roles := map[string]string{}
	for _, entry := range strings.Fields(list) {
		name, token, _ := strings.Cut(entry, ":")
		if _, known := roles[name]; !known {
			roles[name] = token
		}
	}
	return fmt.Sprint(roles)
}

func TestConfig_ChildLivesAcrossLists(t *testing.T) {
	child := newTurning("turning")
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b").with(child.child()))
		f.up("a", "b")
		f.adopt(list("b c").with(child.child()))
		f.up("c")
		f.adopt(list("c").with(child.child()))
		want(t, "instances", child.built, 1)
		want(t, "pick", f.pick(), "c")

		f.adopt(fallback("f").with(child.child()))
		want(t, "instances, one more for the fallback", child.built, 2)
		want(t, "pick before it is READY", f.pick(), "c")
		f.up("f")
		want(t, "pick in fallback", f.pick(), "f")
		if r, _ := f.hold(); r.Metadata["lb-token"] != nil {
			t.Error("a fallback backend is sent a token")
		}
		want(t, "instances closed: that of the list", child.closed, 1)
	})
	want(t, "instances closed after the end", child.closed, 2)
}

func TestHandover_MakeBeforeBreakChild(t *testing.T) {
	child := newTurning("turning")
	inBubble(t, Settings{Handover: 10 * time.Second}, func(f *fixture) {
		f.adopt(list("a").with(child.child()))
		f.up("a")
		a := f.conn("a")
		f.adopt(list("b").with(child.child()))
		want(t, "pick before a new backend is READY", f.pick(), "a")
		want(t, "the old connection is shut", a.Shut(), false)
		call, _ := f.hold()
		f.up("b")
		want(t, "pick after", f.pick(), "b")
		want(t, "the old connection is shut with a call in flight", a.Shut(), false)
		call.Done(answer)
		synctest.Wait()
		want(t, "and after it", a.Shut(), true)
		want(t, "generations drained", f.group.Stats().Drained, 1)
	})
}

// If the old list loses its connections while the new one connects, there is no reason to
// wait with the handover.
func TestHandover_MakeBeforeBreakChildNothingLeft(t *testing.T) {
	child := newTurning("turning")
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a").with(child.child()))
		f.up("a")
		f.adopt(list("b").with(child.child()))
		f.each([]string{"a"}, connectivity.Idle)
		want(t, "state", f.state(), connectivity.Connecting)
		want(t, "pick", f.pick(), "wait")
		f.up("b")
		want(t, "pick", f.pick(), "b")
	})
}

func TestHandover_MakeBeforeBreakToAnotherChild(t *testing.T) {
	child := newTurning("turning")
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a")
		f.each([]string{"b"}, connectivity.Connecting)
		f.adopt(list("b a").with(pickFirst()))
		want(t, "pick before pick_first is connected", f.pick(), "a")
		f.up("b")
		want(t, "picks of pick_first", f.picks(2), "b b")
		f.adopt(list("a b").with(child.child()))
		if got := f.picks(2); !follows(got, "a b") {
			t.Errorf("picks of the third policy over the connections there are: %s", got)
		}
		f.adopt(list("a b"))
		if got := f.picks(2); !follows(got, "a b") {
			t.Errorf("picks of the group's own rotation again: %s", got)
		}
		want(t, "instances closed", child.closed, 1)
		want(t, "SubConns made", len(f.SubConns()), 2)
		want(t, "connection attempts", f.conn("a").Connects()+f.conn("b").Connects(), 2)
	})
}

func TestHandover_LingerChild(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a").with(pickFirst()))
		f.up("a")
		a := f.conn("a")
		f.adopt(list("b").with(pickFirst()))
		f.up("b")
		time.Sleep(10*time.Second - time.Millisecond)
		synctest.Wait()
		want(t, "shut just before its time", a.Shut(), false)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		want(t, "shut at its time", a.Shut(), true)
	})
}

// connecting counts the SubConns that were told to connect.
func (f *fixture) connecting() (n int) {
	for _, sc := range f.SubConns() {
		if sc.Connects() > 0 {
			n++
		}
	}
	return n
}

// A plan in which calls wait follows a plan whose child is still connecting. The child's
// picker must be replaced, though calls wait in both.
func TestHandover_MakeBeforeBreakChildStillConnecting(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a").with(pickFirst()))
		time.Sleep(10 * time.Second) // after the handover timeout it becomes the current one
		f.adopt(list("b"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if p, ok := f.Updates()[len(f.Updates())-1].Picker.(waiting); !ok {
			t.Errorf("the picker is still a %T", p)
		}
	})
}
