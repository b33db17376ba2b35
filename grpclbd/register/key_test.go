package register

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// awaitKey waits until the key has this lease and no mark of a withdrawal.
func (r rig) awaitKey(lease clientv3.LeaseID) {
	r.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		got, err := r.Get(r.Context(), r.key())
		r.must(err)
		if len(got.Kvs) == 1 && clientv3.LeaseID(got.Kvs[0].Lease) == lease && string(got.Kvs[0].Value) == `{"Op":0,"Addr":"10.0.0.1:50051","Metadata":null}` {
			return
		}
		select {
		case <-poll.C:
		case <-deadline.C:
			r.Fatalf("the key is not that of lease %x: %v", lease, got.Kvs)
		}
	}
}

// A key that somebody deletes or changes while its lease lives is written again, under the same lease. One line says so each time.
func TestRegister_KeyDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, etcd)
	o, lines := r.logged()
	registration := r.start(o)
	lease := r.lease()
	_, err := r.Delete(t.Context(), r.service, clientv3.WithPrefix())
	r.must(err)
	r.awaitKey(lease)
	_, err = r.Put(t.Context(), r.key(), "spoilt", clientv3.WithLease(lease))
	r.must(err)
	r.awaitKey(lease)
	for n := range 2 {
		if line := <-lines; !strings.Contains(line, "level=WARN") || !strings.Contains(line, "was deleted or changed, not by this server; it is written again") {
			t.Errorf("line %d: %s", n, line)
		}
	}
	r.must(registration.Withdraw(t.Context()))
	if r.lease() != 0 {
		t.Error("it is there after Withdraw")
	}
	if len(lines) > 0 {
		t.Errorf("one more line: %s", <-lines)
	}
}

// If two servers register one address, the first says that its key is another one's, and has it again when the other one has withdrawn.
func TestRegister_Twice(t *testing.T) {
	t.Parallel()
	r := newRig(t, etcd)
	o, lines := r.logged()
	first := r.start(o)
	lease := r.lease()
	o.Log = quiet()
	second := r.start(o)
	if line := <-lines; !strings.Contains(line, "level=WARN") || !strings.Contains(line, "another process registers this address too") {
		t.Error(line)
	}
	if r.lease() == lease {
		t.Error("the first takes the key from the second")
	}
	r.must(second.Withdraw(t.Context()))
	r.awaitKey(lease)
	if line := <-lines; !strings.Contains(line, "it is written again") {
		t.Error(line)
	}
	r.must(first.Withdraw(t.Context()))
}

// A server that withdraws leaves the key alone which another server has written for the same address.
func TestRegister_Twice_FirstWithdraws(t *testing.T) {
	r := newRig(t, etcd)
	first, second := r.start(r.options(etcd.URL())), r.start(r.options(etcd.URL()))
	lease := r.lease()
	r.must(first.Withdraw(t.Context()))
	r.awaitKey(lease)
	r.must(second.Withdraw(t.Context()))
	if r.lease() != 0 {
		t.Error("it is there after Withdraw")
	}
}

// A registration looks after its key at each third of its TTL, and ends only when it does not look any more: so a withdrawal is not undone.
func TestRegister_Core_Looks(t *testing.T) {
	start := time.Unix(0, 0)
	look := func(c *core) { c.wake(start.Add(3 * time.Second)) }
	type step struct {
		event func(*core)
		want  []want
		stage stage
	}
	for name, steps := range map[string][]step{
		"again and again": {
			{func(c *core) { c.wake(start.Add(3*time.Second - 1)) }, nil, held},
			{look, []want{wantLook}, looking},
			{func(c *core) { c.wake(start.Add(time.Hour)) }, nil, looking},
			{func(c *core) { c.looked(start.Add(time.Hour)) }, nil, held},
			{func(c *core) { c.wake(start.Add(time.Hour + 3*time.Second)) }, []want{wantLook}, looking},
		},
		"withdrawn meanwhile": {
			{look, []want{wantLook}, looking}, {(*core).withdraw, []want{wantCancel}, leaving},
			{func(c *core) { c.lost(start) }, nil, leaving}, {func(c *core) { c.looked(start) }, []want{wantRevoke}, over},
		},
		"lost meanwhile": {
			{look, []want{wantLook}, looking}, {func(c *core) { c.lost(start) }, []want{wantCancel}, looking},
			{func(c *core) { c.looked(start) }, nil, waiting}, {func(c *core) { c.wake(start) }, []want{wantEnter}, entering},
		},
		"lost and withdrawn meanwhile": {
			{look, []want{wantLook}, looking}, {func(c *core) { c.lost(start); c.withdraw() }, []want{wantCancel, wantCancel}, leaving},
			{func(c *core) { c.looked(start) }, []want{wantRevoke}, over},
		},
	} {
		c := &core{every: 3 * time.Second}
		c.entered(start, 1, nil, 0)
		c.do()
		for i, s := range steps {
			s.event(c)
			if got := c.do(); !slices.Equal(got, s.want) || c.stage != s.stage {
				t.Error(fmt.Sprint(name, ", step ", i, ": it wants ", got, " in stage ", c.stage, "; want ", s.want, " in ", s.stage))
			}
		}
	}
}
