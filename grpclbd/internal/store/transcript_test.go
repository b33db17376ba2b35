package store

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/internal/transcript"
)

// The transcripts in testdata have an event to a line, and below it what the core wants done:
//
//	read KEY=VALUE…      all entries were read
//	watch                the watch was opened
//	change KEY=VALUE…    the watch has changes; without =VALUE the key was deleted
//	unread WHY           reading failed, or the watch was lost
//	write SERVICE…       this replica's totals are of these services; LONG is one with a very long name
//	ok | older | fail WHY | gone
//	                     etcd's answer to the job that runs; older: of an older revision than before
//	wait DURATION        time passes; the core is only called when it is due
//
// A KEY is a/SUBJECT for a drain in service a, or r/NAME for a replica. A VALUE is ok, bad,
// for a drain the time at which it ends, or for a replica newer: it started after this one.
func TestCore_Transcript(t *testing.T) {
	transcript.Play(t, "testdata/*.txt", func(t *testing.T, script string) string {
		p := &player{t: t, core: newCore("me"), began: time.Unix(1000, 0).UTC()}
		p.now = p.began
		lines := bufio.NewScanner(strings.NewReader(script))
		for lines.Scan() {
			if line := lines.Text(); !strings.HasPrefix(line, " ") {
				p.out.WriteString(line + "\n")
				p.play(line)
			}
		}
		return p.out.String()
	})
}

type player struct {
	t          *testing.T
	core       core
	began, now time.Time
	job        job
	out        strings.Builder
}

func (p *player) play(line string) {
	words := strings.Fields(line)
	if len(words) == 0 || words[0] == "#" {
		return
	}
	rest := strings.TrimSpace(strings.TrimPrefix(line, words[0]))
	switch words[0] {
	case "start":
	case "read":
		p.core.everythingRead(p.entries(words[1:]), 100)
	case "watch":
		p.core.watchOpened()
	case "change":
		p.core.entriesChanged(p.entries(words[1:]), 100)
	case "unread":
		p.core.readingFailed(errors.New(rest))
	case "write":
		r := Replica{Started: p.began}
		for _, service := range words[1:] {
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
	case "gone":
		p.answer(0, rpctypes.ErrLeaseNotFound)
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.t.Fatal(err)
		}
		p.wait(p.now.Add(d))
		return
	default:
		p.t.Fatalf("no such event: %s", line)
	}
	p.settle()
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
	p.core.jobDone(p.now, d, 0.5)
}

// wait lets the core do what is due until then.
func (p *player) wait(until time.Time) {
	for steps := 0; ; steps++ {
		at := p.core.due()
		if at.IsZero() || at.After(until) {
			break
		}
		if steps > 100 {
			p.t.Fatal("the core is due again and again")
		}
		if at.After(p.now) {
			p.now = at
		}
		fmt.Fprintf(&p.out, "  at %v\n", p.now.Sub(p.began))
		p.settle()
	}
	p.now = until
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
		r := Replica{Name: subject, Started: p.began}
		if value == "newer" {
			r.Started = p.began.Add(time.Second)
		}
		return p.json(r)
	}
	o := override.Override{Service: kind, Kind: override.Drain, Address: subject, Who: "ann"}
	if value != "ok" {
		d, err := time.ParseDuration(value)
		if err != nil {
			p.t.Fatal(err)
		}
		o.Until = p.began.Add(d)
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

func (p *player) settle() {
	p.core.settle(p.now)
	for _, a := range p.core.todo {
		p.out.WriteString("  " + p.describe(a) + "\n")
	}
	p.core.todo = nil
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
			return fmt.Sprintf("reached since %v", a.state.Since.Sub(p.began))
		}
		return fmt.Sprintf("away since %v: %s", a.state.Since.Sub(p.began), a.state.Why)
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
		return "log: lost: " + a.why
	case found:
		return "log: found"
	}
	p.t.Fatalf("an action that nobody knows: %T", a)
	return ""
}
