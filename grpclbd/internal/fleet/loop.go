package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
)

// A loop owns the core, the sources and the watcher of a service. It is reachable from its
// goroutine only.
type loop struct {
	in       inbox
	balancer Balancer
	deps     Deps

	core    *core
	sources map[int]Source // by slot
	watcher Watcher        // nil: backends are not observed
	memory  Memory         // nil: nothing is kept
}

// run hears messages and the timer, and does what the core wants done. It never waits for a
// client; of the balancer it waits for Answers, which waits for nobody.
func (l *loop) run(ctx context.Context) {
	timer := actor.NewTimer()
	defer timer.Stop()
	l.recall()
	for {
		select {
		case batch := <-l.in.Ready():
			for _, m := range l.in.Open(batch) {
				l.hear(m, time.Now())
			}
		case <-timer.Ready():
			timer.Rang()
		case <-ctx.Done():
			l.end()
			return
		}
		l.tick()
		timer.Set(l.core.next())
	}
}

// recall has the core told what the sources said before the start.
func (l *loop) recall() {
	if l.deps.Memories == nil {
		l.core.recalled(memory.State{})
		return
	}
	l.memory = l.deps.Memories.StartMemory(l.core.name, l.in)
}

// tick does what is due, and tells the core how long publishing took if it was due.
func (l *loop) tick() {
	began := time.Now()
	l.core.tick(began)
	l.perform()
	l.core.published(began, time.Since(began))
}

// hear tells the core. What it wants done is done before whoever asked is answered.
func (l *loop) hear(m message, now time.Time) {
	switch m := m.(type) {
	case configured:
		l.core.configure(m.service)
	case recalled:
		l.core.recalled(m.state)
	case sourceSaid:
		l.core.sourceSaid(m.slot, m.report, now)
	case healthSaid:
		l.core.healthSaid(m.watcher, m.changes)
	case loadSaid:
		l.core.loadSaid(m.watcher, m.loads, now)
	case overridesSaid:
		l.core.overridesSaid(m.all, now)
	case confirmed:
		l.core.confirm()
	case began:
		l.core.began(m.client, now)
	case ended:
		l.core.ended(m.client, now)
	case reported:
		l.core.reported(m.report)
	case admitAsked:
		l.perform()
		m.reply <- l.core.admit()
	case classifyAsked:
		class := l.core.classify(m.client, now)
		l.perform()
		m.reply <- class
	case stateAsked:
		l.perform()
		m.reply <- l.core.describe(m.known)
	default:
		panic(fmt.Sprintf("BUG: the fleet was told %T", m))
	}
}

// perform does what the core wants done, also what comes up meanwhile.
func (l *loop) perform() {
	for len(l.core.todo) > 0 {
		todo := l.core.todo
		l.core.todo = nil
		for _, a := range todo {
			l.do(a)
		}
	}
}

func (l *loop) do(a action) {
	switch a := a.(type) {
	case startSource:
		l.sources[a.slot] = l.deps.Sources.StartSource(a.source, a.slot, l.in)
	case stopSource:
		l.sources[a.slot].Stop()
		delete(l.sources, a.slot)
	case keep:
		if l.memory != nil {
			l.memory.Keep(a.said)
		}
	case startWatcher:
		l.unwatch()
		l.watcher = l.deps.Watchers.StartWatcher(a.health, a.load, watched{l.in, a.watcher})
	case stopWatcher:
		l.unwatch()
	case watch:
		l.watcher.Watch(a.addresses)
	case setServers:
		l.told(a.class, l.balancer.SetServersFor(l.core.name, a.class, a.servers))
	case setFallback:
		l.told(a.class, l.balancer.SetFallbackFor(l.core.name, a.class))
	case removeClass:
		l.balancer.RemoveFor(l.core.name, a.class)
	case number:
		l.core.numbered(l.balancer.Answers(l.core.name))
	case announce:
		l.deps.Owner.FleetReady(l.core.name)
	case changedLists:
		l.say(a.line())
		if l.deps.Pushes != nil {
			l.deps.Pushes.Pushed(l.core.name, a.change, l.balancer.Answers(l.core.name))
		}
	case say:
		l.say(a)
	default:
		panic(fmt.Sprintf("BUG: the fleet is to do %T", a))
	}
}

func (l *loop) say(s say) {
	attrs := append([]slog.Attr{slog.String("service", l.core.name)}, s.attrs...)
	l.deps.Log.LogAttrs(context.Background(), s.level, s.text, attrs...)
}

// told tells the core of an answer that the balancer has refused.
func (l *loop) told(class string, err error) {
	if err != nil {
		l.core.refused(class, err)
	}
}

func (l *loop) unwatch() {
	if l.watcher != nil {
		l.watcher.Stop()
		l.watcher = nil
	}
}

// end stops what the fleet started. Whoever has asked is answered as by a fleet that is gone.
func (l *loop) end() {
	for _, m := range l.in.Close() {
		switch m := m.(type) {
		case admitAsked:
			m.reply <- gone(l.core.name)
		case classifyAsked:
			m.reply <- ""
		case stateAsked:
			m.reply <- Seen{}
		}
	}
	for _, s := range l.sources {
		s.Stop()
	}
	l.unwatch()
	if l.memory != nil {
		l.memory.Stop()
	}
	l.balancer.Remove(l.core.name)
}
