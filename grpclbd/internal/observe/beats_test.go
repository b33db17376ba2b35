package observe

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A thousand backends that were added together are checked evenly over the interval, at a hundred
// moments: the process wakes up for many checks at a time.
func TestHealth_Check_InBeats(t *testing.T) {
	const backends = 1000
	random := rand.New(rand.NewPCG(1, 1))
	began := time.Unix(1000, 123_456_789)
	var checks []time.Time
	for range backends {
		j := judge{interval: 5 * time.Second, timeout: time.Second, rise: 2, fall: 3}
		for now := began; now.Sub(began) < time.Minute; now = j.due() {
			if !j.check(now) {
				t.Fatal("a check is due, and is not started")
			}
			checks = append(checks, now)
			j.answered(now.Add(time.Duration(random.IntN(int(time.Millisecond)))), answer{good: true}, random.Float64())
			if pause := j.next.Sub(now); j.asked > 1 && (pause < 4400*time.Millisecond || pause > 5501*time.Millisecond) {
				t.Fatalf("%v between two checks of a backend", pause)
			}
		}
	}
	beats := map[time.Time]int{}
	for _, at := range checks {
		if at.Sub(began) > 10*time.Second {
			beats[at]++
		}
	}
	if n := len(beats); n > 50*20+1 {
		t.Errorf("checks begin at %d moments of 50 s, want 20 a second at most", n)
	}
	for at, n := range beats {
		if n > 30 {
			t.Errorf("%d of %d checks begin at %v", n, backends, at.Sub(began))
		}
	}
}
