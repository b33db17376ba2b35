package observe

import (
	"fmt"
	"time"
)

// The periods and the penalty are the defaults of gRFC A58, weighted round robin.
const (
	blackout   = 10 * time.Second // reports have to come for so long before they are used
	expiration = 3 * time.Minute  // after which the last report is not used any more
	penalty    = 1.0              // of a call that failed, in utilization
)

// smoothing is the share of the newest report in the weight; the rest is the weight before. After
// a step in load, four reports bring nine tenths of it. grpc-go's servers send one each 30 s
// at most, unless they are told otherwise.
const smoothing = 0.5

// Figures beyond these are nonsense: a backend reports calls a second, and how much of what
// it can do it does, where 1 is all.
const (
	maxRate        = 1e9
	maxUtilization = 1e3
	maxWeight      = 1e12
)

// figures are what a backend reported.
type figures struct {
	qps, eps         float64 // calls a second, and how many of them failed
	application, cpu float64 // utilization; application counts if the backend knows it
}

// check returns what is wrong with the figures, or nil. The comparisons are written so that
// a NaN fails them.
func (f figures) check() error {
	for _, x := range []struct {
		name       string
		value, top float64
	}{
		{"rps_fractional", f.qps, maxRate},
		{"eps", f.eps, maxRate},
		{"application_utilization", f.application, maxUtilization},
		{"cpu_utilization", f.cpu, maxUtilization},
	} {
		if !(x.value >= 0 && x.value <= x.top) {
			return fmt.Errorf("%s %v is not from 0 to %v", x.name, x.value, x.top)
		}
	}
	return nil
}

func (f figures) utilization() float64 {
	if f.application > 0 {
		return f.application
	}
	return f.cpu
}

// weight is the formula of gRFC A58: calls a second that the backend would serve at a
// utilization of 1, where failed calls count as load. 0: it is idle, which says nothing.
func (f figures) weight() float64 {
	used := f.utilization()
	if f.qps == 0 || used == 0 {
		return 0
	}
	return f.qps / (used + f.eps/f.qps*penalty)
}

// weigher makes one weight of a backend's reports. It is pure.
type weigher struct {
	smooth float64
	first  time.Time // of the reports that are used; zero: there are none
	last   time.Time
	wrong  bool      // the last report was nonsense
	told   time.Time // when that was last said
	load   Load      // as the owner heard it last
}

// reported takes in a report. It returns what is wrong with one that is nonsense, at most once
// in the time of expiration.
func (w *weigher) reported(now time.Time, f figures) error {
	err := f.check()
	if err == nil && !(f.weight() <= maxWeight) {
		err = fmt.Errorf("%v calls a second at a utilization of %v make no weight", f.qps, f.utilization())
	}
	if err != nil {
		w.wrong = true
		if !w.told.IsZero() && now.Sub(w.told) < expiration {
			return nil
		}
		w.told = now
		return err
	}
	w.wrong = false
	w.load.QPS, w.load.EPS, w.load.Utilization = f.qps, f.eps, f.utilization()
	w.load.At = now
	if f.weight() > 0 {
		w.take(now, f.weight())
	}
	w.load.Weight = w.weight(now)
	return nil
}

func (w *weigher) take(now time.Time, weight float64) {
	if w.first.IsZero() {
		w.first, w.smooth = now, weight
	}
	w.smooth += smoothing * (weight - w.smooth)
	w.last = now
}

// weight is 0 while the reports are too few, or the last one is too old.
func (w *weigher) weight(now time.Time) float64 {
	if w.first.IsZero() || now.Sub(w.first) < blackout {
		return 0
	}
	return w.smooth
}

// expires returns when the weight ends unless a report comes; zero: there is none.
func (w *weigher) expires() time.Time {
	if w.first.IsZero() {
		return time.Time{}
	}
	return w.last.Add(expiration)
}

// expire forgets the reports if the last one is too old. It reports whether the owner has to
// hear of it.
func (w *weigher) expire(now time.Time) bool {
	if w.first.IsZero() || now.Before(w.expires()) {
		return false
	}
	return w.forget()
}

// forget begins anew. A backend that was unhealthy may have been restarted: what it reported before
// says little about it. It reports whether the owner has to hear of it.
func (w *weigher) forget() bool {
	had := w.load.Weight > 0
	w.first, w.last, w.smooth, w.load.Weight = time.Time{}, time.Time{}, 0, 0
	return had
}
