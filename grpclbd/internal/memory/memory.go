// Package memory keeps in a file what the sources of a service said last, for the next start of
// the process (rule guard.start).
//
// The file is never more than a help: if it is not there, can't be read or can't be written, the
// balancer goes on without it, and the log says why.
package memory

import (
	"context"
	"log/slog"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

// A State is what the sources of a service said last.
type State struct {
	At      time.Time // when it was still so, to within a minute; zero: nothing is known
	Sources []Said
}

// A Said is what one source said last, or what is in use of it.
type Said struct {
	Source   string            `json:"source"` // which one: its kind and name
	Backends []backend.Backend `json:"backends"`
}

// An Owner hears what was in the file when the memory was started. The method only posts a message. It is
// called once.
type Owner interface{ Recalled(State) }

// A Memory is the handle of the actor that owns the file of a service.
type Memory struct {
	latest actor.Cell[[]Said] // owner → run
	group  *actor.Group
}

// Start starts the actor for the file. It tells the owner what is in it.
func Start(path, service string, owner Owner, log *slog.Logger) *Memory {
	m := &Memory{actor.NewCell[[]Said](), actor.NewGroup()}
	f := &file{path: path, service: service, log: log}
	m.group.Go(func(ctx context.Context) { m.run(ctx, f, owner) })
	return m
}

// Keep has this written in place of what was kept before: at once, or when the last time is 5 s ago. It never
// waits, and the slices must not change afterwards. One goroutine may call it.
func (m *Memory) Keep(all []Said) { m.latest.Put(all) }

// Stop writes what is not written yet, and ends the actor.
func (m *Memory) Stop() { m.group.Stop() }

// run owns the file.
func (m *Memory) run(ctx context.Context, f *file, owner Owner) {
	owner.Recalled(f.read(time.Now()))
	timer := actor.NewTimer()
	defer timer.Stop()
	due := pace{}
	for {
		timer.Set(due.next)
		select {
		case all := <-m.latest.Ready():
			f.said = all
			due.changed(time.Now())
		case <-timer.Ready():
			timer.Rang()
			due.done(time.Now(), f.write())
		case <-ctx.Done():
			m.last(f, due.dirty)
			return
		}
	}
}

// last writes what is not written yet.
func (m *Memory) last(f *file, dirty bool) {
	select {
	case f.said = <-m.latest.Ready():
		dirty = true
	default:
	}
	if dirty {
		f.write()
	}
}

const (
	pause = 5 * time.Second // between two times that the file is written
	touch = time.Minute     // after which a file that is as it should be gets the present time
)

// A pace says when the file is written.
type pace struct {
	last  time.Time // when it was written, or that has failed
	next  time.Time // zero: there is nothing to write
	dirty bool      // there is something new
}

// changed notes that there is something new.
func (p *pace) changed(now time.Time) {
	p.next, p.dirty = now, true
	if at := p.last.Add(pause); now.Before(at) {
		p.next = at
	}
}

// done notes that the file was written, or that it is to be tried again.
func (p *pace) done(now time.Time, written bool) {
	p.last, p.next, p.dirty = now, now.Add(touch), !written
	if !written {
		p.next = now.Add(pause)
	}
}
