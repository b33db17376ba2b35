package grpclb

import (
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/internal/codename"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// A reading is what the actors have counted until now.
type reading struct {
	at      time.Time
	policy  decided
	stream  lbstream.State
	group   rrgroup.Tally
	pending pending.Stats
}

// A record is a value to record.
type record struct {
	of     instrument
	value  float64
	labels []string
}

// books are the core of the meter: they know what was recorded, and say what to record.
type books struct {
	target string
	told   map[series]float64 // of a count: the sum that was recorded; of a gauge: the latest value
	gauges []record           // the latest of each series
	all    []record           // to be recorded
	news   bool               // a value has changed, other than time that has passed
}

// A series is a metric with the values of its labels, joined.
type series struct {
	of     instrument
	labels string
}

func newBooks(target string) *books {
	return &books{target: target, told: map[series]float64{}}
}

// enter returns what to record, and whether anything but the time has changed.
func (b *books) enter(r reading) (all []record, changed bool) {
	b.all, b.gauges, b.news = nil, nil, false
	b.enterMode(r)
	b.enterStream(&r.stream)
	b.enterList(r)
	b.enterGroup(&r.group)
	b.enterPending(r.pending)
	return append(b.all, b.gauges...), b.news
}

// close returns what to record when the channel has its policy no more: no gauge keeps its
// value.
func (b *books) close() []record {
	for i := range b.gauges {
		b.gauges[i].value = 0
	}
	return b.gauges
}

func (b *books) enterMode(r reading) {
	for m := waiting; m <= fallback; m++ {
		now, lasted := 0.0, r.policy.figures.seconds[m]
		if m == r.policy.mode {
			now, lasted = 1, lasted+r.at.Sub(r.policy.since)
		}
		b.level(modeGauge, now, m.String())
		b.passed(modeSeconds, lasted.Seconds(), m.String())
	}
	for w, n := range r.policy.figures.changes {
		b.sum(modeChanges, n, why(w).leadsTo().String(), why(w).String())
	}
}

func (b *books) enterStream(s *lbstream.State) {
	b.level(contactGauge, oneIf(s.Status.Contact))
	b.sum(streamsStarted, s.Number)
	b.sum(streamsOpened, s.Opens)
	for code, n := range s.EndsBy {
		if n > 0 { // each of the 17 codes would be a series
			b.sum(streamsEnded, n, codename.Of(codes.Code(code)))
		}
	}
	b.sum(listsReceived, s.Status.Lists)
	b.sum(reportsSent, s.Reports)
}

func (b *books) enterList(r reading) {
	b.sum(listsApplied, r.policy.figures.applied)
	age, backends, drops := time.Duration(0), 0, 0
	if l := r.stream.Status.Full; l != nil {
		age, backends, drops = r.at.Sub(r.stream.FullAt), l.Backends(), l.Drops()
	}
	b.level(listEntries, float64(backends), "backend")
	b.level(listEntries, float64(drops), "drop")
	b.gauge(listAge, age.Seconds())
}

func (b *books) enterGroup(g *rrgroup.Tally) {
	for state, n := range g.SubConns {
		b.level(backendsGauge, float64(n), connectivity.State(state).String())
	}
	b.sum(picks, uint64(max(g.Started, 0)))
	for _, d := range g.Dropped {
		b.sum(drops, uint64(d.Calls), d.Token)
	}
	took := g.Took
	if news := g.Handovers - uint64(b.told[series{handoverCount, ""}]); news < uint64(len(took)) {
		took = took[uint64(len(took))-news:]
	}
	for _, t := range took {
		b.record(handoverSeconds, t.Seconds())
	}
	b.sum(handoverCount, g.Handovers)
}

func (b *books) enterPending(s pending.Stats) {
	b.level(pendingDepth, float64(s.Depth))
	b.sum(pendingParked, s.Parked)
	b.sum(pendingRefused, s.Refused)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// sum records by how much a sum has grown, the first time also if that is 0: Prometheus sees growth
// only of a series that is there already. A sum that was taken back in part is recorded again when it
// has grown beyond what was recorded.
func (b *books) sum(of count, total uint64, labels ...string) {
	if b.grown(of, float64(total), labels) {
		b.news = true
	}
}

// passed records how much time has passed.
func (b *books) passed(of seconds, total float64, labels ...string) { b.grown(of, total, labels) }

func (b *books) grown(of instrument, total float64, labels []string) bool {
	s := series{of, strings.Join(labels, "\x00")}
	old, known := b.told[s]
	if total < old || known && total == old {
		return false
	}
	b.told[s] = total
	b.record(of, total-old, labels...)
	return total > old
}

// level records the value of a gauge. Each is recorded each time: a reader that forgets it
// between two exports has it for the next.
func (b *books) level(of gauge, value float64, labels ...string) {
	s := series{of, strings.Join(labels, "\x00")}
	if old, known := b.told[s]; !known || old != value {
		b.news = true
	}
	b.told[s] = value
	b.gauge(of, value, labels...)
}

func (b *books) gauge(of gauge, value float64, labels ...string) {
	b.gauges = append(b.gauges, record{of, value, b.labels(labels)})
}

func (b *books) record(of instrument, value float64, labels ...string) {
	b.all = append(b.all, record{of, value, b.labels(labels)})
}

func (b *books) labels(more []string) []string { return append([]string{b.target}, more...) }
