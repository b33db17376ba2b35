package fleet

import (
	"math"
	"time"

	"github.com/actorlb/grpclb/lbserver/assign"
)

// unit is the mean weight in lists whose weights come from load. Whole numbers are then within 3 %
// of it, and a tenth is what matters. It is not greater because a weight is a number of places in a list.
const unit = 16

// A scale weighs backends by their load (rule load.weights). The lists use the weights that
// were adopted last, of which the mean is 1.
type scale struct {
	adopted time.Time // zero: never
	active  bool      // one backend at least has data
	due     time.Time // when to look again; zero: when there is news
}

// mean returns the mean weight of the backends that have data, or 0.
func (r *roster) mean() float64 {
	sum, n := 0.0, 0
	for _, m := range r.sorted {
		if w := m.measured(); w > 0 {
			sum, n = sum+w, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// measured returns the weight by load, or 0 without data.
func (m *member) measured() float64 {
	if w := m.load.Weight; w > 0 && w <= 1e15 {
		return w
	}
	return 0
}

// gaugeOf returns what a measured weight is in relation to the mean.
func gaugeOf(measured, mean float64) float64 {
	if measured == 0 || mean == 0 {
		return 0
	}
	return measured / mean
}

// orMean is the gauge, or that of the mean without data.
func orMean(gauge float64) float64 {
	if gauge == 0 {
		return 1
	}
	return gauge
}

// moved reports whether a weight has moved by a tenth since lists used it.
func (r *roster) moved(mean float64) bool {
	for _, m := range r.sorted {
		before, now := orMean(m.gauge), orMean(gaugeOf(m.measured(), mean))
		if math.Abs(now-before) >= before/10 {
			return true
		}
	}
	return false
}

// look adopts the weights by load if one has moved by a tenth, once an interval at most.
func (s *scale) look(r *roster, interval time.Duration, now time.Time) (adopted bool) {
	s.due = time.Time{}
	mean := r.mean()
	if s.active == (mean > 0) && !r.moved(mean) {
		return false
	}
	if next := s.adopted.Add(interval); !s.adopted.IsZero() && now.Before(next) {
		s.due = next
		return false
	}
	s.adopted, s.active = now, mean > 0
	for _, m := range r.sorted {
		m.gauge = gaugeOf(m.measured(), mean)
	}
	return true
}

// reset is for a service whose load is no longer measured.
func (s *scale) reset(r *roster) {
	*s = scale{}
	for _, m := range r.sorted {
		m.gauge = 0
	}
}

// weigh gives each backend its weight: of an override, else by load, else as the source says. An
// override is in relation to what sources say: twice their mean weight is twice the mean load weight.
func (r *roster) weigh(by map[string]int, s scale) {
	normal := r.normal()
	for _, m := range r.sorted {
		w, overridden := by[m.Address]
		switch {
		case overridden && s.active:
			m.full = bounded(float64(w) / normal * unit)
		case overridden:
			m.full = w
		case s.active:
			m.full = bounded(orMean(m.gauge) * unit)
		default:
			m.full = bounded(float64(m.Weight))
		}
	}
}

// normal is the mean of the weights that sources say.
func (r *roster) normal() float64 {
	sum := 0.0
	for _, m := range r.sorted {
		sum += float64(max(m.Weight, 1))
	}
	return sum / float64(max(len(r.sorted), 1))
}

func bounded(w float64) int { return int(min(max(math.Round(w), 1), assign.MaxWeight)) }
