package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// tally is the goroutine that counts calls. Callers hand it every outcome, and
// nobody else counts them. It knows nothing of what is promised: it keeps what
// failed for the player to judge, and tells him of the first call that shows
// something he waits for.
type tally struct {
	outcomes chan outcome      // callers → tally
	asks     chan tallyMessage // player → tally
	group    *actor.Group
	all      atomic.Int64 // calls counted so far; only the tally adds
}

// A tallyMessage is what the player wants of the tally.
type tallyMessage interface{ toTally() }

// watch: reply with the first call that is answered by this list and ended
// after that time. It replaces the watch before. The reply has room for it.
type watch struct {
	list  int // anyList: any
	after time.Time
	reply chan<- outcome
}

// anyList stands for the number of any list, and none.
const anyList = -1

// harvest: reply with the record so far and begin a new one. The reply has room
// for it.
type harvest struct{ reply chan<- record }

func (watch) toTally()   {}
func (harvest) toTally() {}

func newTally() *tally {
	t := &tally{outcomes: make(chan outcome, 64), asks: make(chan tallyMessage), group: actor.NewGroup()}
	t.group.Go(t.run)
	return t
}

// watch returns what will yield the first such call.
func (t *tally) watch(list int, after time.Time) <-chan outcome {
	reply := make(chan outcome, 1)
	t.asks <- watch{list, after, reply}
	return reply
}

// harvest returns the record of all calls whose callers have been stopped, and
// more if some have not.
func (t *tally) harvest() record {
	reply := make(chan record, 1)
	t.asks <- harvest{reply}
	return <-reply
}

// total returns how many calls were counted since the start.
func (t *tally) total() int { return int(t.all.Load()) }

// close ends the tally. The callers must have been stopped.
func (t *tally) close() { t.group.Stop() }

func (t *tally) run(ctx context.Context) {
	r := newRecord()
	var watching watch
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-t.outcomes:
			t.count(&r, o)
			if watching.shows(o) {
				watching.reply <- o
				watching = watch{}
			}
		case m := <-t.asks:
			switch m := m.(type) {
			case watch:
				watching = m
			case harvest:
				t.rest(&r)
				m.reply <- r
				r = newRecord()
			default:
				panic(fmt.Sprintf("BUG: the tally was told a %T", m))
			}
		}
	}
}

// rest counts what has been handed over already.
func (t *tally) rest(r *record) {
	for {
		select {
		case o := <-t.outcomes:
			t.count(r, o)
		default:
			return
		}
	}
}

func (w watch) shows(o outcome) bool {
	return w.reply != nil && o.err == nil && o.ended.After(w.after) && (w.list == anyList || w.list == o.list)
}

func (t *tally) count(r *record, o outcome) {
	t.all.Add(1)
	r.count(o)
}
