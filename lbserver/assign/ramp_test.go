package assign

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

func TestAssign_Ramp_Percent(t *testing.T) {
	for name, c := range map[string]struct {
		ramp Ramp
		at   map[time.Duration]int
	}{
		"none":              {Ramp{}, map[time.Duration]int{-1: 100, 0: 100, time.Hour: 100}},
		"in tenths":         {Ramp{Window: 90 * time.Second}, map[time.Duration]int{-time.Second: 10, 0: 10, 10*time.Second - 1: 10, 10 * time.Second: 20, 89 * time.Second: 90, 90 * time.Second: 100}},
		"a higher floor":    {Ramp{Window: 90 * time.Second, Floor: 35}, map[time.Duration]int{0: 35, 20 * time.Second: 35, 30 * time.Second: 40}},
		"one step":          {Ramp{Window: time.Minute, Steps: 1}, map[time.Duration]int{0: 50, time.Minute - 1: 50, time.Minute: 100}},
		"faster at first":   {Ramp{Window: 90 * time.Second, Aggression: 2}, map[time.Duration]int{0: 32, 30 * time.Second: 63, 80 * time.Second: 95}},
		"slower at first":   {Ramp{Window: 90 * time.Second, Aggression: 0.5}, map[time.Duration]int{0: 10, 30 * time.Second: 16, 80 * time.Second: 81}},
		"figures of no use": {Ramp{Window: 90 * time.Second, Steps: -1, Floor: 101, Aggression: math.NaN()}, map[time.Duration]int{0: 100}},
	} {
		for age, want := range c.at {
			if got := c.ramp.Percent(age); got != want {
				t.Errorf("%s: at %v %d %%, want %d", name, age, got, want)
			}
		}
	}
}

// It never falls, stays within its bounds, and changes exactly when Next says so.
func TestAssign_Ramp_Laws(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 3))
		ramp := Ramp{
			Window:     time.Duration(1 + r.Int64N(int64(time.Duration(math.MaxInt64)>>r.IntN(50)))),
			Steps:      r.IntN(30),
			Floor:      r.IntN(110),
			Aggression: 3 * r.Float64(),
		}
		age, last, changes := time.Duration(0), ramp.Percent(0), 0
		if last < min(max(ramp.Floor, 1), 100) {
			t.Fatalf("%+v begins at %d %%", ramp, last)
		}
		for {
			in, ok := ramp.Next(age)
			if !ok {
				break
			}
			if in <= 0 || ramp.Percent(age+in-1) != last || ramp.Percent(age+in) <= last {
				t.Fatalf("%+v: at %v it should change from %d %% in %v; just before that %d %%, then %d %%",
					ramp, age, last, in, ramp.Percent(age+in-1), ramp.Percent(age+in))
			}
			age += in
			last = ramp.Percent(age)
			changes++
		}
		if last != 100 || age > ramp.Window || changes > ramp.steps() {
			t.Fatalf("%+v: %d changes, the last one at %v to %d %%", ramp, changes, age, last)
		}
	}
}

func TestAssign_Ramp_NextOfAnAgeBelowZero(t *testing.T) {
	ramp := Ramp{Window: 90 * time.Second}
	if in, ok := ramp.Next(-time.Second); in != 11*time.Second || !ok {
		t.Errorf("it changes in %v (%v), want 11s", in, ok)
	}
}

func TestAssign_Ramp_Warm(t *testing.T) {
	ramp := Ramp{Window: 90 * time.Second}
	for name, c := range map[string]struct {
		weights []int
		ages    []time.Duration
		want    []int
	}{
		"one of three is new": {[]int{0, 0, 0}, []time.Duration{time.Hour, time.Hour, 0}, []int{10, 10, 1}},
		"weights count too":   {[]int{4, 1}, []time.Duration{0, 40 * time.Second}, []int{4, 5}},
		"all are new":         {[]int{2, 1}, []time.Duration{0, 0}, []int{2, 1}},
		"the greatest weight": {[]int{MaxWeight, MaxWeight}, []time.Duration{time.Hour, 0}, []int{10, 1}},
		"nobody":              {nil, nil, nil},
	} {
		given := aged(named("s", c.weights...), c.ages...)
		got, err := ramp.Warm(given, now)
		if err != nil || !slices.Equal(weights(Healthy(got)), c.want) {
			t.Errorf("%s: weights %v (%v), want %v", name, weights(Healthy(got)), err, c.want)
		}
		if !slices.Equal(weights(Healthy(given)), c.weights) {
			t.Errorf("%s: the weights given are now %v", name, weights(Healthy(given)))
		}
	}
}

func TestAssign_Ramp_WarmRefused(t *testing.T) {
	drop := []lbserver.Server{{Drop: true}}
	if _, err := (Ramp{}).Warm(aged(drop, 0), now); err == nil || !strings.Contains(err.Error(), "backend 0 (): it is a drop") {
		t.Errorf("error %v", err)
	}
	if _, err := (Ramp{}).Warm(aged(named("s", -1), 0), now); err == nil || !strings.Contains(err.Error(), "weight -1") {
		t.Errorf("error %v", err)
	}
}

// A backend of which it is not known when it came has its full weight.
func TestAssign_Ramp_SinceLongAgo(t *testing.T) {
	backends := []Backend{{Server: named("s", 1)[0]}, {Server: named("s", 1)[0], Since: now}}
	got, err := Ramp{Window: time.Minute}.Warm(backends, now)
	if err != nil || !slices.Equal(weights(Healthy(got)), []int{10, 1}) {
		t.Errorf("weights %v (%v), want 10 and 1", weights(Healthy(got)), err)
	}
}

// The lists that have the backends are due when the first of them changes.
func TestAssign_Ramp_NextOf(t *testing.T) {
	ramp := Ramp{Window: 90 * time.Second}
	backends := aged(named("s", 1, 1, 1), time.Hour, 4*time.Second, 17*time.Second)
	if in, ok := ramp.NextOf(backends, now); in != 3*time.Second || !ok {
		t.Errorf("the next change is in %v (%v), want 3s", in, ok)
	}
	if in, ok := ramp.NextOf(backends[:1], now); in != 0 || ok {
		t.Errorf("the next change is in %v (%v), want none", in, ok)
	}
}

// An age so far below zero that the time until the next change is more than a Duration can
// say.
func TestAssign_Ramp_NextOfTheLeastAge(t *testing.T) {
	ramp := Ramp{Window: 90 * time.Second}
	if in, ok := ramp.Next(math.MinInt64); in != math.MaxInt64 || !ok {
		t.Errorf("it changes in %v (%v), want the longest Duration", in, ok)
	}
}

var now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// aged makes backends of servers that have these ages now.
func aged(servers []lbserver.Server, ages ...time.Duration) (backends []Backend) {
	for i, s := range servers {
		backends = append(backends, Backend{Server: s, Since: now.Add(-ages[i])})
	}
	return backends
}

func TestAssign_Ramp_ManySteps(t *testing.T) {
	r := Ramp{Window: time.Minute, Steps: math.MaxInt}
	if got := r.Percent(30 * time.Second); got != 50 {
		t.Errorf("at half of the window: %d percent, want 50", got)
	}
	if in, ok := r.Next(0); !ok || in <= 0 || in > time.Minute {
		t.Errorf("next change in %v, %v", in, ok)
	}
}
