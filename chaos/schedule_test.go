package main

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// What a seed found can be played again.
func TestSchedule_SameSeedSameFaults(t *testing.T) {
	draw := func(seed uint64) []fault { return newSource(seed, 1).faults(storms(), time.Minute) }
	first := draw(7)
	if len(first) == 0 || !reflect.DeepEqual(first, draw(7)) {
		t.Errorf("the same seed drew %d other faults", len(first))
	}
	if reflect.DeepEqual(first, draw(8)) {
		t.Error("another seed drew the same faults")
	}
	if reflect.DeepEqual(first, newSource(7, 2).faults(storms(), time.Minute)) {
		t.Error("another phase drew the same faults")
	}
}

func TestSchedule_FaultsAreInOrder(t *testing.T) {
	const length = 30 * time.Second
	m := storms()
	free := make(map[target]time.Duration)
	seen := make(map[kind]int)
	var before time.Duration
	for _, f := range newSource(3, 1).faults(m, length) {
		seen[f.kind]++
		if f.at < before || f.at+f.lasts > length {
			t.Errorf("%v is out of order or lasts too long", f)
		}
		if f.at < free[f.target] {
			t.Errorf("%v: its target has another fault", f)
		}
		if f.lasts > m.longest || f.lasts == 0 != (f.kind == cut) {
			t.Errorf("%v lasts %v", f, f.lasts)
		}
		if (f.kind == replaced || f.kind == reordered) && f.target != inContact && !isBalancer(int(f.target)) {
			t.Errorf("%v: that is no balancer", f)
		}
		if f.kind == delayed != (f.delay > 0) || f.kind == throttled != (f.rate > 0) {
			t.Errorf("%v: delay %v, rate %d", f, f.delay, f.rate)
		}
		before, free[f.target] = f.at, f.at+f.lasts
	}
	for _, k := range m.kinds {
		if seen[k] == 0 {
			t.Errorf("in half a minute nothing was %s", kindNames[k])
		}
	}
}

func TestSchedule_Lists(t *testing.T) {
	s := newSource(5, 1)
	sizes, doubled := make(map[int]bool), 0
	for range 1000 {
		times := make(map[int]int)
		for _, b := range s.list([]int{2, 4, 6}) {
			times[b]++
		}
		sizes[len(times)] = true
		for b, n := range times {
			if b != 2 && b != 4 && b != 6 || n > 2 {
				t.Fatalf("backend %d is %d times on a list", b, n)
			}
			doubled += n - 1
		}
	}
	if len(sizes) != 3 || sizes[0] || doubled == 0 {
		t.Errorf("lists of %v backends were drawn, and %d of them twice", sizes, doubled)
	}
}

func TestFault_IsReadable(t *testing.T) {
	for _, test := range []struct {
		fault fault
		want  string
	}{
		{fault{at: 1500 * time.Millisecond, kind: stopped, target: 2, lasts: time.Second}, "  1.50s backend 3 stopped for 1.00s"},
		{fault{kind: cut, target: inContact}, "  0.00s the balancer in contact cut"},
		{fault{kind: delayed, target: firstFallback, delay: time.Millisecond, lasts: time.Second}, "  0.00s fallback 1 delayed by 1ms for 1.00s"},
		{fault{kind: throttled, target: firstBalancer + 1, rate: 1 << 17, lasts: time.Second}, "  0.00s balancer 2 throttled to 128 KiB/s for 1.00s"},
	} {
		if got := test.fault.String(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	for k := stopped; k <= reordered; k++ {
		if kindNames[k] == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}

// Each night leaves what its promise speaks of, and what returns is of that kind.
func TestNight_GoesAndReturns(t *testing.T) {
	names := func(servers []int) string {
		var all []string
		for _, i := range servers {
			all = append(all, strings.Fields(nameOf(i))[0])
		}
		return strings.Join(all, " ")
	}
	order := newSource(1, 1).Perm(serverCount)
	for n, want := range map[night]struct {
		count    int
		returned string
	}{
		nightFallback: {serverCount, "fallback"},
		nightBalancer: {serverCount, "balancer backend"},
		nightBackends: {backendCount, "backend"},
		nightLost:     {backendCount + balancerCount, ""},
	} {
		if got := len(n.goes()); got != want.count {
			t.Errorf("%s: %d servers go, want %d", nightNames[n], got, want.count)
		}
		if got := names(n.returns(order)); got != want.returned {
			t.Errorf("%s: what returns is %q, want %q", nightNames[n], got, want.returned)
		}
	}
}
