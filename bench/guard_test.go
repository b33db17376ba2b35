package bench

import (
	"reflect"
	"runtime"
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A figure of the wrong policy, or of one that has not been brought up, would look
// like any other.
func TestContenders_AreWhatTheySay(t *testing.T) {
	for _, c := range []contender{ours(), peer(), roundRobin(), child()} {
		home := reflect.Indirect(reflect.ValueOf(c.builder)).Type().PkgPath()
		if want := map[string]string{
			"ours":        "github.com/actorlb/grpclb",
			"grpclb":      "google.golang.org/grpc/balancer/grpclb",
			"round_robin": "google.golang.org/grpc/balancer/roundrobin",
			"child":       "google.golang.org/grpc/balancer/leastrequest",
		}[c.name]; home != want {
			t.Errorf("%s is the policy of %s, want that of %s", c.name, home, want)
		}
	}
}

// up brings a contender up for a test.
func up(t *testing.T, c contender, size int, drops bool) balancer.Picker {
	r := newWorld(t).start(c, size, servers(size, drops), size)
	t.Cleanup(r.close)
	r.bringUp()
	return r.parent.latest().Picker
}

// tally picks n times and counts by SubConn; dropped picks count as nil.
func tally(t *testing.T, p balancer.Picker, n int) map[balancer.SubConn]int {
	t.Helper()
	counts := make(map[balancer.SubConn]int)
	for range n {
		r, err := p.Pick(callInfo)
		if err == balancer.ErrNoSubConnAvailable {
			t.Fatal("a pick that a channel would repeat")
		}
		if r.Done != nil {
			r.Done(callDone)
		}
		counts[r.SubConn]++
	}
	return counts
}

// Each contender goes through the same: every backend has its turn, a fourth of the
// calls are dropped, and a handover makes what is new and nothing else.
func TestContenders_DoTheSame(t *testing.T) {
	const size = 12
	for _, c := range []contender{ours(), peer(), roundRobin(), nothing()} {
		for sc, n := range tally(t, up(t, c, size, false), 10*size) {
			if n != 10 {
				t.Errorf("%s: %v was picked %d times, want 10", c.name, sc, n)
			}
		}
		if !c.drops {
			continue
		}
		if got := tally(t, up(t, c, size, true), 160)[nil]; got != 40 {
			t.Errorf("%s: %d of 160 picks were dropped, want 40", c.name, got)
		}
	}
	want := map[string]int64{"one": 1, "tokens": 0, "addresses": size}
	for _, c := range []contender{ours(), peer(), nothing()} {
		r := newWorld(t).start(c, size, servers(size, false), 100)
		r.bringUp()
		for turn, change := range append(changes, changes...) {
			made := r.parent.used.Load()
			r.handover(change, turn, newMeter())
			if got := r.parent.used.Load() - made; got != want[change.name] {
				t.Errorf("%s, %s: %d SubConns, want %d", c.name, change.name, got, want[change.name])
			}
		}
		r.close()
	}
}

// What is missing one backend has not been brought up, nor has what sends calls to
// one that it should not.
func TestParent_CoversAllAndNoOthers(t *testing.T) {
	r := newWorld(t).start(nothing(), 4, servers(4, false), 4)
	defer r.close()
	r.announce()
	burst(r.conns, connectivity.Ready)
	r.await()
	if r.parent.covers(r.conns[:3]) {
		t.Error("covered with one too many")
	}
	if more := append(r.conns, new(subConn)); r.parent.covers(more) {
		t.Error("covered with one too few")
	}
}

// What is used while the meter runs is in it, what the harness uses to wait is not.
// The margins are wide: this is about which of the two it is.
func TestMeter_CountsWorkAndNotWaiting(t *testing.T) {
	if processorTime() == 0 {
		t.Skip("the time on processors is not known here")
	}
	work, wait := newMeter(), newMeter()
	work.start()
	for before := threadTime(); threadTime()-before < 20*time.Millisecond; {
		runtime.KeepAlive(private(1, 1000))
	}
	work.stop()
	wait.start()
	wait.until(time.Now().Add(20 * time.Millisecond))
	wait.stop()
	if work.cpu < 2*wait.cpu {
		t.Errorf("20 ms of work cost %v, 20 ms of waiting %v", work.cpu, wait.cpu)
	}
}
