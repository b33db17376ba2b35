package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"github.com/actorlb/grpclb/grpclbd/internal/coretest"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A twin is the store's entries in their simplest form: what counts at each key. What the owner
// should have heard follows from it each time anew.
type twin map[string][]byte

// set takes in an entry. An override with a wrong value stays what it was before.
func (w twin) set(e entry, before twin) {
	if _, err := parseOverride(e.key, e.value); err != nil && e.value != nil && strings.HasPrefix(e.key, overridesPrefix) {
		if _, has := w[e.key]; !has {
			w[e.key] = before[e.key]
		}
		return
	}
	w[e.key] = e.value
}

func (w twin) overrides(now time.Time) (keys []string) {
	for key, value := range w {
		if o, err := parseOverride(key, value); err == nil && !o.Over(now) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func (w twin) replicas() (keys []string) {
	for key, value := range w {
		if _, err := parseReplica(key, value); err == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// What the owner heard last is what the twin has, whatever happened.
func TestCore_Twin(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		p := newPlayer(t, coretest.NewClock())
		w := twin{}
		var overrides, replicas []string
		for range 100 {
			p.Now = p.Now.Add(time.Duration(random.IntN(3)) * time.Second)
			switch random.IntN(4) {
			case 0:
				before := w
				w = twin{}
				var all []entry
				for range random.IntN(6) {
					e := randomEntry(p, random)
					all = append(all, e)
					w.set(e, before)
				}
				p.core.everythingRead(all, 1)
			case 1:
				p.core.readingFailed(errors.New("away"))
			default:
				e := randomEntry(p, random)
				if random.IntN(3) == 0 {
					e.value = nil
				}
				w.set(e, w)
				p.core.entriesChanged([]entry{e}, 1)
			}
			p.core.settle(p.Now)
			for _, a := range p.core.todo {
				switch a := a.(type) {
				case tellOverrides:
					overrides = keysOf(a.all, keyOf)
				case tellReplicas:
					replicas = keysOf(a.all, func(r Replica) string { return replicaKey(r.Name) })
				}
			}
			p.core.todo = nil
			if want := w.overrides(p.Now); !slices.Equal(overrides, want) {
				t.Fatalf("seed %d: heard of overrides %v, want %v", seed, overrides, want)
			}
			if want := w.replicas(); !slices.Equal(replicas, want) {
				t.Fatalf("seed %d: heard of replicas %v, want %v", seed, replicas, want)
			}
		}
	}
}

func keysOf[T any](all []T, key func(T) string) (keys []string) {
	for _, v := range all {
		keys = append(keys, key(v))
	}
	slices.Sort(keys)
	return keys
}

func randomEntry(p *player, random *rand.Rand) entry {
	subject := fmt.Sprintf("10.0.0.%d:1", random.IntN(3))
	e := entry{key: overrideKey("a", override.Drain, subject)}
	kind := "a"
	if random.IntN(2) == 0 {
		subject, kind = fmt.Sprint("r", random.IntN(3)), "r"
		e.key = replicaKey(subject)
	}
	value := "ok"
	switch random.IntN(4) {
	case 0:
		value = "bad"
	case 1:
		if kind == "a" {
			value = fmt.Sprintf("%ds", random.IntN(150))
		}
	}
	e.value = p.value(kind, subject, value)
	return e
}

// Whatever etcd answers: one job at a time, totals at most once a second, and when etcd
// answers again what was written last gets there.
func TestKeeper_Laws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 2))
		var k keeper
		now := time.Unix(1000, 0)
		var running job
		var lastPut time.Time
		var there, last int // what etcd has, and what was written last
		for range 300 {
			now = now.Add(time.Duration(random.IntN(400)) * time.Millisecond)
			if random.IntN(3) == 0 {
				last++
				k.write(Replica{Name: "me", Services: make([]Total, last)})
			}
			if running != nil && random.IntN(2) == 0 {
				d := jobDone{job: running}
				switch random.IntN(4) {
				case 0:
					d.err = errors.New("away")
				case 1:
					d.err = rpctypes.ErrLeaseNotFound
				default:
					there = finish(&d, there)
				}
				running = nil
				k.done(now, d, random.Float64())
			}
			if j := k.next(now); j != nil {
				if running != nil {
					t.Fatalf("seed %d: a second job", seed)
				}
				if _, ok := j.(put); ok {
					if now.Sub(lastPut) < putPause {
						t.Fatalf("seed %d: written again after %v", seed, now.Sub(lastPut))
					}
					lastPut = now
				}
				running = j
			}
		}
		for range 10 { // now etcd answers each time
			if running != nil {
				d := jobDone{job: running}
				there = finish(&d, there)
				k.done(now, d, 0.5)
			}
			now = now.Add(retries.MaxDelay * 2)
			running = k.next(now)
		}
		if there != last {
			t.Fatalf("seed %d: etcd has totals %d, want %d", seed, there, last)
		}
	}
}

func finish(d *jobDone, there int) int {
	switch j := d.job.(type) {
	case grant:
		d.lease = 9
	case put:
		return len(j.replica.Services)
	}
	return there
}
