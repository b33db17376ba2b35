package source

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

// A world is an etcd in the hands of a test: it holds keys, and drives a core through one
// history. What the core has to know is the twin: the keys themselves.
type world struct {
	*testing.T
	core     *etcdCore
	now      time.Time
	random   *rand.Rand
	keys     map[string]string
	revision int64
	log      []*clientv3.Event // since the core watches
	watched  bool
	stuck    bool        // watches are not opened
	late     []watchSaid // of watches that have ended
	reads    int         // that run
	counts   int
	said     []backend.Report
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{T: t, core: &etcdCore{}, now: time.Unix(1000, 0), random: rand.New(rand.NewPCG(seed, 0)), keys: map[string]string{}, revision: 1}
	w.core.due = w.now
	w.core.wake(w.now)
	w.settle()
	return w
}

// settle does what the core wants, as the shell does it.
func (w *world) settle() {
	for _, r := range w.core.reports {
		if (r.Err == nil) == (r.Backends == nil) {
			w.Fatalf("a report with %v and %v", r.Backends, r.Err)
		}
		if n := len(w.said); r.Err != nil && n > 0 && w.said[n-1].Err != nil {
			w.Fatalf("two errors in a row: %v, %v", w.said[n-1].Err, r.Err)
		}
		w.said = append(w.said, r)
	}
	for _, todo := range w.core.todo {
		switch todo {
		case wantRead:
			w.reads++
		case wantCount:
			w.counts++
		case wantStop:
			w.late = append(w.late, watchSaid{w.core.number, clientv3.WatchResponse{Header: w.header(), Events: w.log}})
			w.watched, w.log = false, nil
		case wantWatch:
			w.watched = true
			w.open()
		}
	}
	w.core.todo, w.core.reports = nil, nil
	if w.reads > 1 || w.counts > 1 {
		w.Fatalf("%d readings and %d counts run", w.reads, w.counts)
	}
}

// open opens the watch.
func (w *world) open() {
	if !w.stuck {
		w.say(clientv3.WatchResponse{Header: w.header(), Created: true})
	}
}

// say says something on the watch that runs.
func (w *world) say(r clientv3.WatchResponse) {
	w.core.watchSaid(w.now, watchSaid{w.core.number, r}, w.random.Float64())
}

// sayLate says what a watch has left that has ended.
func (w *world) sayLate() {
	for _, m := range w.late {
		w.core.watchSaid(w.now, m, w.random.Float64())
		w.core.watchEnded(w.now, watchEnded{m.number}, w.random.Float64())
	}
	w.late = nil
	w.settle()
}

func (w *world) header() *etcdserverpb.ResponseHeader {
	return &etcdserverpb.ResponseHeader{Revision: w.revision}
}

func (w *world) put(key, value string) {
	w.revision++
	w.keys[key] = value
	w.note(&clientv3.Event{Type: mvccpb.PUT, Kv: &mvccpb.KeyValue{Key: []byte(key), Value: []byte(value)}})
}

func (w *world) remove(key string) {
	if _, has := w.keys[key]; !has {
		return
	}
	w.revision++
	delete(w.keys, key)
	w.note(&clientv3.Event{Type: mvccpb.DELETE, Kv: &mvccpb.KeyValue{Key: []byte(key)}})
}

func (w *world) note(e *clientv3.Event) {
	if w.watched {
		w.log = append(w.log, e)
	}
}

// deliver gives the core what the watch has to say.
func (w *world) deliver() {
	if w.watched && len(w.log) > 0 {
		events := w.log
		w.log = nil
		w.say(clientv3.WatchResponse{Header: w.header(), Events: events})
		w.settle()
	}
}

// lose ends the watch as a compaction or the loss of a connection does.
func (w *world) lose() {
	if !w.watched {
		return
	}
	if w.random.IntN(2) == 0 {
		w.say(clientv3.WatchResponse{CompactRevision: w.revision})
	}
	w.core.watchEnded(w.now, watchEnded{w.core.number}, w.random.Float64())
	w.settle()
}

// answer answers the questions that run. A reading sees all changes, so the watch from then on
// has nothing of before.
func (w *world) answer(err error) {
	if w.counts > 0 {
		w.counts = 0
		w.core.counted(w.now, wasCounted{&clientv3.GetResponse{Header: w.header(), Count: int64(len(w.keys))}, err}, w.random.Float64())
		w.settle()
	}
	if w.reads > 0 {
		w.reads = 0
		m := wasRead{err: err}
		if err == nil {
			m.response = &clientv3.GetResponse{Header: w.header()}
			for _, key := range slices.Sorted(maps.Keys(w.keys)) {
				m.response.Kvs = append(m.response.Kvs, &mvccpb.KeyValue{Key: []byte(key), Value: []byte(w.keys[key])})
			}
		}
		w.core.read(w.now, m, w.random.Float64())
		w.settle()
	}
}

// pass lets time pass, up to the core's next alarm.
func (w *world) pass() {
	if at := w.core.alarm(); !at.IsZero() {
		if at.After(w.now) {
			w.now = at
		}
		w.core.wake(w.now)
		w.settle()
	} else if w.reads+w.counts == 0 {
		w.Fatal("nothing runs, and nothing will wake the core")
	}
}

// want compares what the core has said last with the keys that are there.
func (w *world) want() {
	w.Helper()
	var want []string
	for _, value := range w.keys {
		if !strings.Contains(value, "bad") && !strings.Contains(value, "withdrawn") {
			want = append(want, value[10:len(value)-2])
		}
	}
	slices.Sort(want)
	last := w.said[len(w.said)-1]
	if got := addresses(last.Backends); last.Err != nil || !slices.Equal(got, slices.Compact(want)) {
		w.Fatalf("the core says %v, %v; there are %v", got, last.Err, want)
	}
}

// A server that withdraws says so in its key before that is deleted: it is left out, and the report that leaves it
// out says that it has withdrawn, also if key and deletion are told together.
func TestGuard_Withdrawn_Etcd(t *testing.T) {
	const leaves = `{"Addr": "10.0.0.1:1", "Metadata": {"zone": "z", "withdrawn": true}}`
	says := func(w *world, backends, withdrawn string) {
		t.Helper()
		last := w.said[len(w.said)-1]
		if got := fmt.Sprint(addresses(last.Backends), last.Withdrawn); got != backends+" "+withdrawn {
			t.Errorf("it says %s, want %s %s", got, backends, withdrawn)
		}
	}
	begin := func() *world {
		w := newWorld(t, 1)
		w.put("a", `{"Addr": "10.0.0.1:1"}`)
		w.put("b", `{"Addr": "10.0.0.2:1"}`)
		w.answer(nil)
		says(w, "[10.0.0.1:1 10.0.0.2:1]", "[]")
		return w
	}
	tell := func(w *world) {
		w.deliver()
		for !w.core.tellAt.IsZero() {
			w.pass()
		}
	}
	w := begin()
	w.put("a", leaves)
	tell(w)
	says(w, "[10.0.0.2:1]", "[10.0.0.1:1]")
	w.remove("a")
	tell(w)
	says(w, "[10.0.0.2:1]", "[10.0.0.1:1]")
	w.remove("b") // without a word
	tell(w)
	says(w, "[]", "[]")
	w = begin()
	w.put("a", leaves)
	w.remove("a")
	tell(w)
	says(w, "[10.0.0.2:1]", "[10.0.0.1:1]")
	w.put("a", `{"Addr": "10.0.0.1:1"}`) // it has come back
	tell(w)
	says(w, "[10.0.0.1:1 10.0.0.2:1]", "[]")
	w.put("a", leaves)
	w.deliver()
	w.log, w.watched = nil, false
	w.lose()
	delete(w.keys, "a") // it is gone when all is read anew
	w.pass()
	w.answer(nil)
	says(w, "[10.0.0.2:1]", "[10.0.0.1:1]")
}

// Whatever happens, the core says in the end what there is.
func TestSource_Etcd_Twin(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		w := newWorld(t, seed)
		gone := errors.New("gone")
		for range 200 {
			key := fmt.Sprint(w.random.IntN(10))
			switch w.random.IntN(12) {
			case 0, 1, 2:
				w.put(key, fmt.Sprintf(`{"Addr": "10.0.0.%d:1"}`, 1+w.random.IntN(9)))
			case 3:
				w.remove(key)
			case 4:
				if _, has := w.keys[key]; !has { // the last good value would stay
					w.put(key, "bad")
				}
			case 5:
				w.lose()
			case 6, 7:
				w.answer([]error{nil, nil, gone}[w.random.IntN(3)])
			case 8:
				w.deliver()
			case 9:
				w.pass()
			case 10:
				w.sayLate()
			case 11:
				w.put(key, fmt.Sprintf(`{"Addr": "10.0.0.%d:1", "Metadata": {"withdrawn": true}}`, 1+w.random.IntN(9)))
			}
			if w.keys[key] == "bad" {
				w.remove(key)
			}
		}
		for range 4 { // all is well from now on
			w.deliver()
			w.answer(nil)
			w.pass()
		}
		w.deliver()
		for !w.core.tellAt.IsZero() {
			w.pass()
		}
		w.want()
	}
}

// While a watch is not opened, nobody tells that a value has changed: all is read again after some counts, which
// are no sign that nothing has changed. When it is opened, counts are that again.
func TestSource_Etcd_WatchNotOpenedIsNoWatch(t *testing.T) {
	w := newWorld(t, 1)
	w.stuck = true
	w.put("a", `{"Addr": "10.0.0.1:1"}`)
	w.answer(nil)
	w.watched = false // it says nothing
	w.put("a", `{"Addr": "10.0.0.2:1"}`)
	began := w.now
	for range strikes {
		w.pass()
		w.answer(nil) // the count, and the last time the reading too
	}
	w.want()
	if n := len(w.said); n != 2 || w.now.Sub(began) != strikes*etcdCheck {
		t.Errorf("after %v it has said %+v", w.now.Sub(began), w.said)
	}
	w.stuck = false
	w.open()
	w.pass()
	w.answer(nil)
	if n := len(w.said); n != 3 || !w.said[2].Same(w.said[1]) {
		t.Errorf("with a watch it says %+v", w.said)
	}
}

// What a watch says after it was ended does not matter: neither changes nor its end.
func TestSource_Etcd_EndedWatchSpeaks(t *testing.T) {
	w := newWorld(t, 1)
	w.answer(nil)
	w.put("a", `{"Addr": "10.0.0.1:1"}`)
	w.core.watchEnded(w.now, watchEnded{w.core.number}, 0.5)
	w.settle()
	w.sayLate() // while it is read
	w.answer(nil)
	w.remove("a")
	w.deliver()
	w.late = []watchSaid{{w.core.number - 1, clientv3.WatchResponse{Header: w.header(), Events: []*clientv3.Event{
		{Type: mvccpb.PUT, Kv: &mvccpb.KeyValue{Key: []byte("late"), Value: []byte(`{"Addr": "10.0.0.9:1"}`)}}}}}}
	w.sayLate()
	w.pass()
	w.want()
	if w.core.stage != watching || w.reads > 0 {
		t.Errorf("it is in stage %d, and %d readings run", w.core.stage, w.reads)
	}
}

// A watch that says nothing although there were changes is found out by counting.
func TestSource_Etcd_StuckWatch(t *testing.T) {
	w := newWorld(t, 1)
	w.answer(nil)
	w.put("a", `{"Addr": "10.0.0.1:1"}`)
	for range strikes {
		if len(w.said) != 1 {
			t.Fatalf("it says %+v", w.said)
		}
		w.pass()
		w.answer(nil)
	}
	w.answer(nil) // the reading
	w.want()
}

// An etcd with older revisions than before has lost its data, and what it has now is read, also if the watch
// says nothing and there are as many keys as before.
func TestSource_Etcd_OlderRevision(t *testing.T) {
	w := newWorld(t, 1)
	w.put("a", `{"Addr": "10.0.0.1:1"}`)
	w.put("a", `{"Addr": "10.0.0.1:1"}`)
	w.answer(nil)
	w.keys, w.revision = map[string]string{"b": `{"Addr": "10.0.0.2:1"}`}, 2
	w.pass()
	w.answer(nil) // the count, and the reading that follows
	w.want()
}

// A watch that ends again and again is not a reason to read without a pause.
func TestSource_Etcd_WatchEndsAgain(t *testing.T) {
	w := newWorld(t, 1)
	var pauses []time.Duration
	for range 20 {
		w.answer(nil)
		before := w.now
		w.lose()
		for w.reads == 0 {
			w.pass()
		}
		pauses = append(pauses, w.now.Sub(before).Round(time.Second))
	}
	if pauses[0] != 0 || pauses[19] < 4*time.Second || pauses[19] > 6*time.Second {
		t.Errorf("the pauses are %v", pauses)
	}
}

// While nothing changes, the source says so each time it has counted.
func TestSource_Etcd_Age(t *testing.T) {
	w := newWorld(t, 1)
	w.put("a", `{"Addr": "10.0.0.1:1"}`)
	w.answer(nil)
	w.pass()
	w.answer(nil)
	if n := len(w.said); n != 2 || !w.said[1].Same(w.said[0]) || w.said[1].At.Sub(w.said[0].At) != etcdCheck {
		t.Errorf("it says %+v", w.said)
	}
}

// More backends than there may be are an error until they are fewer again.
func TestSource_LastKnown_EtcdTooMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for n := range backend.MaxBackends + 1 {
		w.keys[fmt.Sprint(n)] = `{"Addr": "10.0.0.1:1"}`
	}
	w.answer(nil)
	if last := w.said[0]; last.Err == nil || !strings.Contains(last.Err.Error(), "100001 backends are more than 100000") {
		t.Fatalf("it says %v", last.Err)
	}
	w.remove("0")
	w.deliver()
	w.pass()
	w.want()
}
