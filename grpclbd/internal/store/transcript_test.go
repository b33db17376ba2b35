package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"github.com/actorlb/grpclb/grpclbd/internal/coretest"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// The transcripts in testdata have an event to a line, and below it what the core wants done:
//
//	read KEY=VALUE…      all entries were read
//	watch                the watch was opened
//	change KEY=VALUE…    the watch has changes; without =VALUE the key was deleted
//	unread WHY           reading failed, or the watch was lost
//	write SERVICE…       this replica's totals are of these services; LONG is one with a very long name
//	own                  etcd is that of this process
//	ok | older | fail WHY | gone | full
//	                     etcd's answer to the job that runs; older: of an older revision than before
//
// and those of package coretest. A KEY is a/SUBJECT for a drain in service a, or r/NAME for a
// replica. A VALUE is ok, bad, for a drain the time at which it ends, or for a replica newer: it
// started after this one.
func TestCore_Transcript(t *testing.T) {
	coretest.Play(t, func(t *testing.T, clock *coretest.Clock) coretest.Core { return newPlayer(t, clock) })
}

type player struct {
	*coretest.Clock
	t    *testing.T
	core core
	job  job
}

func newPlayer(t *testing.T, clock *coretest.Clock) *player {
	return &player{Clock: clock, t: t, core: newCore("me")}
}

func (p *player) Event(verb, rest string) bool {
	words := strings.Fields(rest)
	switch verb {
	case "read":
		p.core.everythingRead(p.entries(words), 100)
	case "watch":
		p.core.watchOpened()
	case "change":
		p.core.entriesChanged(p.entries(words), 100)
	case "unread":
		p.core.readingFailed(errors.New(rest))
	case "write":
		r := Replica{Started: p.Began}
		for _, service := range words {
			if service == "LONG" {
				service = strings.Repeat("long", replicaLimit/4)
			}
			r.Services = append(r.Services, Total{Service: service})
		}
		p.core.written(r)
	case "ok":
		p.answer(100, nil)
	case "older":
		p.answer(99, nil)
	case "fail":
		p.answer(0, errors.New(rest))
	case "own":
		p.core.keeper.own = true
	case "full":
		p.answer(0, fmt.Errorf("totals not written: %w", rpctypes.ErrNoSpace))
	case "gone":
		p.answer(0, rpctypes.ErrLeaseNotFound)
	default:
		return false
	}
	return true
}

func (p *player) Due() time.Time { return p.core.due() }

func (p *player) Settle() (said []string) {
	p.core.settle(p.Now)
	for _, a := range p.core.todo {
		said = append(said, p.describe(a))
	}
	p.core.todo = nil
	return said
}

func (p *player) answer(revision int64, err error) {
	if p.job == nil {
		p.t.Fatal("no job runs")
	}
	d := jobDone{job: p.job, revision: revision, err: err}
	if _, ok := p.job.(grant); ok && err == nil {
		d.lease = 7
	}
	p.job = nil
	p.core.jobDone(p.Now, d, 0.5)
}

func (p *player) entries(words []string) (all []entry) {
	for _, w := range words {
		name, value, written := strings.Cut(w, "=")
		kind, subject, _ := strings.Cut(name, "/")
		e := entry{key: replicaKey(subject)}
		if kind != "r" {
			e.key = overrideKey(kind, override.Drain, subject)
		}
		if written {
			e.value = p.value(kind, subject, value)
		}
		all = append(all, e)
	}
	return all
}

func (p *player) value(kind, subject, value string) []byte {
	if value == "bad" {
		return []byte("nonsense")
	}
	if kind == "r" {
		r := Replica{Name: subject, Started: p.Began}
		if value == "newer" {
			r.Started = p.Began.Add(time.Second)
		}
		return p.json(r)
	}
	o := override.Override{Service: kind, Kind: override.Drain, Address: subject, Who: "ann"}
	if value != "ok" {
		d, err := time.ParseDuration(value)
		if err != nil {
			p.t.Fatal(err)
		}
		o.Until = p.Began.Add(d)
	}
	return p.json(o)
}

func (p *player) json(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

func (p *player) describe(a action) string {
	switch a := a.(type) {
	case tellOverrides:
		var all []string
		for _, o := range a.all {
			all = append(all, o.Service+"/"+o.Address)
		}
		return strings.TrimSpace("overrides " + strings.Join(all, " "))
	case tellReplicas:
		var all []string
		for _, r := range a.all {
			all = append(all, r.Name)
		}
		slices.Sort(all)
		return strings.TrimSpace("replicas " + strings.Join(all, " "))
	case tellState:
		if a.state.Reached {
			return fmt.Sprintf("reached since %v", p.Since(a.state.Since))
		}
		return fmt.Sprintf("away since %v: %s", p.Since(a.state.Since), a.state.Why)
	case run:
		p.job = a.job
		if w, ok := a.job.(put); ok {
			return fmt.Sprintf("job put %d services under %d", len(w.replica.Services), w.lease)
		}
		return strings.Replace(fmt.Sprintf("job %T", a.job), "store.", "", 1)
	case readAgain:
		return fmt.Sprintf("read again: %v", a.why)
	case ignored:
		return fmt.Sprintf("log: %s is ignored: %v", a.key, a.err)
	case unwritten:
		return fmt.Sprintf("log: totals are not written: %v", a.err)
	case sameName:
		return "log: another process is " + a.name
	case lost:
		if !a.read {
			return "log: lost before anything was read: " + a.why
		}
		return "log: lost: " + a.why
	case found:
		return "log: found"
	case freed:
		return fmt.Sprintf("log: room was made: %v", a.err)
	}
	p.t.Fatalf("an action that nobody knows: %T", a)
	return ""
}
