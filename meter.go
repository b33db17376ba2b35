package grpclb

import (
	"context"
	"reflect"
	"time"

	estats "google.golang.org/grpc/experimental/stats"

	"github.com/actorlb/grpclb/actor"
)

// How often the figures are read: while something changes, and when nothing has.
const (
	busyInterval  = time.Second
	quietInterval = 5 * time.Second
)

// A meter is the actor that records metrics. It asks the other actors for what they count in
// any case, and records what has changed. So a pick does no work for metrics, and no figure is
// counted twice:
//
//	policy   stateAsked → decided        mode, its changes and seconds; lists applied
//	stream   Stream.State → State        contact, streams, lists, entries, reports
//	group    Group.Tally → Tally         backends, handovers, picks, drops
//	pending  Queue.Stats → Stats         calls that wait, or were refused
//
// The meter waits for their answers. Only Close waits for the meter.
type meter struct {
	recorder estats.MetricsRecorder
	policy   *policy
	inbox    *actor.Inbox[lastReading] // handle → meter
}

// lastReading asks the meter to record for the last time. done is closed then.
type lastReading struct{ done chan struct{} }

// startMeter starts a meter, if there is a recorder for it; else it returns nil.
func startMeter(actors *actor.Group, recorder estats.MetricsRecorder, p *policy) *meter {
	if !records(recorder) {
		return nil
	}
	m := &meter{recorder: recorder, policy: p, inbox: actor.NewInbox[lastReading]()}
	actors.Go(m.run)
	return m
}

// records reports whether anybody gets what is recorded. gRPC's recorder is a list of the
// recorders that the user has set, without a method that says whether the list is empty. If it
// is, the value behind the pointer is zero.
func records(r estats.MetricsRecorder) bool {
	return r != nil && !reflect.Indirect(reflect.ValueOf(r)).IsZero()
}

// finish has the meter record for the last time, while the other actors can still answer.
// m may be nil.
func (m *meter) finish() {
	if m == nil {
		return
	}
	last := lastReading{make(chan struct{})}
	if m.inbox.Send(last) {
		<-last.done
	}
}

// run is the goroutine of the meter.
func (m *meter) run(ctx context.Context) {
	books := newBooks(m.policy.about.target)
	timer := actor.NewTimer()
	defer m.end(timer)
	timer.Set(time.Now().Add(busyInterval))
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
			timer.Set(time.Now().Add(m.read(books)))
		case batch := <-m.inbox.Ready():
			m.read(books)
			m.record(books.close())
			for _, last := range m.inbox.Open(batch) {
				close(last.done)
			}
			return
		}
	}
}

// read reads the figures, records them, and returns when to do so again.
func (m *meter) read(books *books) time.Duration {
	r, ok := m.policy.read()
	if !ok {
		return quietInterval // the policy has stopped, and so will the meter
	}
	all, changed := books.enter(r)
	m.record(all)
	if changed {
		return busyInterval
	}
	return quietInterval
}

func (m *meter) record(all []record) {
	for _, r := range all {
		r.of.record(m.recorder, r.value, r.labels...)
	}
}

func (m *meter) end(timer *actor.Timer) {
	timer.Stop()
	for _, last := range m.inbox.Close() {
		close(last.done)
	}
}

// read asks the actors one after the other. ok is false if the policy has stopped.
func (p *policy) read() (r reading, ok bool) {
	if r.policy, ok = p.decided(); !ok {
		return reading{}, false
	}
	r.stream, r.group, r.pending = p.stream.State(), p.group.Tally(), p.queue.Stats()
	r.at = time.Now()
	return r, true
}
