package store

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// patience bounds a wait of a test. Real etcd servers can't be in a bubble.
const patience = time.Minute

// heard is what a store told its owner once.
type heard struct {
	overrides []override.Override // nil: something else was told
	replicas  []Replica
	state     *State
}

// An owner keeps what a store tells it. Test goroutines wait for it.
type owner struct {
	t     testing.TB
	inbox *actor.Inbox[heard]

	overrides []override.Override
	replicas  []Replica
	state     State
	read      bool
}

func (o *owner) OverridesSaid(all []override.Override) { o.inbox.Send(heard{overrides: all}) }
func (o *owner) ReplicasSaid(all []Replica)            { o.inbox.Send(heard{replicas: all}) }
func (o *owner) StoreSaid(s State)                     { o.inbox.Send(heard{state: &s}) }

func (o *owner) take(h heard) {
	switch {
	case h.overrides != nil:
		o.overrides, o.read = h.overrides, true
	case h.replicas != nil:
		o.replicas = h.replicas
	case h.state != nil:
		o.state = *h.state
	}
}

// until waits until what was heard is as the test wants it.
func (o *owner) until(what string, ok func() bool) {
	o.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !ok() {
		select {
		case b := <-o.inbox.Ready():
			for _, h := range o.inbox.Open(b) {
				o.take(h)
			}
		case <-limit.C:
			o.t.Fatalf("%s: not within %v; overrides %v, replicas %v, state %+v", what, patience, o.overrides, o.replicas, o.state)
		}
	}
}

func (o *owner) untilReached(want bool) {
	o.t.Helper()
	o.until("reached", func() bool { return o.read && !o.state.Since.IsZero() && o.state.Reached == want })
}

// untilHas waits until exactly these subjects are overridden.
func (o *owner) untilHas(subjects ...string) {
	o.t.Helper()
	o.until("overrides "+strings.Join(subjects, ", "), func() bool {
		var got []string
		for _, v := range o.overrides {
			got = append(got, v.Subject())
		}
		slices.Sort(got)
		return o.read && slices.Equal(got, subjects)
	})
}

func (o *owner) untilReplicas(names ...string) {
	o.t.Helper()
	o.until("replicas "+strings.Join(names, ", "), func() bool {
		var got []string
		for _, r := range o.replicas {
			got = append(got, r.Name)
		}
		return slices.Equal(got, names)
	})
}

// open opens a store, and closes it when the test ends.
func open(t testing.TB, cfg config.Store, replica string) (*Store, *owner) {
	t.Helper()
	o := &owner{t: t, inbox: actor.NewInbox[heard]()}
	s, err := Open(t.Context(), cfg, replica, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, o
}

func drain(address string) override.Override {
	return override.Override{Service: "greeter:443", Kind: override.Drain, Address: address, Who: "ann", Why: "reboot", Since: time.Now().Round(0)}
}

// write writes until that succeeds: members may still choose their leader, and what was sent to the one before gets no
// answer.
func write(t *testing.T, s *Store, o override.Override) {
	t.Helper()
	err := s.Put(t.Context(), o)
	for end := time.Now().Add(patience); err != nil && time.Now().Before(end); {
		err = s.Put(t.Context(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func startCluster(t testing.TB, members int) *etcdtest.Cluster {
	t.Helper()
	c, err := etcdtest.StartCluster(members)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
