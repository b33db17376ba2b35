package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/tokens"
)

// errDropped ends a call that the list has dropped. Being a status it ends
// wait-for-ready calls too, and gRPC does not retry it.
var errDropped = status.Error(codes.Unavailable, "grpclb: the balancer's server list has this call dropped")

// A dropTable is a list with drops, seen as a rotation over all its entries. A
// call takes a turn of it, which is its place; an entry that is a drop ends the
// call, any other lets it pass. How many calls each entry has had follows from the
// number of turns, so nothing is counted for each of them.
type dropTable struct {
	list   *tokens.List
	turns  *counter   // the generation's
	owed   *owedTurns // the group's
	places []int32    // for each entry of list, how many backends are before it; of a drop, the complement
	size   divisor    // len(places)
	passes uint64     // backends in the list

	// Owned by the group.
	first uint64 // the turn that the list began with
	told  uint64 // turns that were asked about
}

// newDropTable returns the table of a list, whose turns are counted by turns.
func newDropTable(list *tokens.List, turns *counter, owed *owedTurns) *dropTable {
	t := &dropTable{list: list, turns: turns, owed: owed, places: make([]int32, len(list.Entries))}
	backends := int32(0)
	for i, e := range list.Entries {
		if t.places[i] = backends; e.Drop {
			t.places[i] = ^backends
		} else {
			backends++
		}
	}
	t.size, t.passes = newDivisor(len(t.places)), uint64(backends)
	return t
}

// carryOn has the rotation begin with this turn, before the first call takes one. It
// carries on from the list before: see drop.continuity. Turns that calls take at the
// old list while the new one takes over are taken a second time at the new list.
func (t *dropTable) carryOn(turn uint64) {
	t.turns.word.Store(turn)
	t.first, t.told = turn, turn
}

// take takes the next turn. It returns how many turns before it have let a call
// pass, and what the call fails with if it is dropped, or nil. If the list is
// retired the call is not dropped and no turn is taken: gRPC has a newer picker
// by then, and asks that.
func (t *dropTable) take() (passed uint64, err error) {
	w := t.turns.add()
	if w.isClosed() {
		return 0, balancer.ErrNoSubConnAvailable
	}
	passed, drop := t.passed(uint64(w) - 1)
	if drop {
		return 0, errDropped
	}
	return passed, nil
}

// passed returns how many of so many turns have let a call pass, and whether the
// next one drops it.
func (t *dropTable) passed(turns uint64) (n uint64, drop bool) {
	rounds, place := t.size.divide(turns)
	before := t.places[place]
	if before < 0 {
		drop, before = true, ^before
	}
	return rounds*t.passes + uint64(before), drop
}

// passedSince is passed, less the turns of lists before this one.
func (t *dropTable) passedSince(turns uint64) uint64 {
	all, _ := t.passed(turns)
	before, _ := t.passed(t.first)
	return all - before
}

// drop is for a child policy's picker: it uses a turn that is owed, or takes the
// next one, and returns what the call fails with if it may not pass, or nil.
func (t *dropTable) drop() error {
	if t.owed.collect() {
		return nil
	}
	_, err := t.take()
	return err
}

// owe notes that a call that passed was not sent.
func (t *dropTable) owe() {
	if t != nil {
		t.owed.owe()
	}
}

// newDrops returns what was dropped by so many turns, less what it returned before.
func (t *dropTable) newDrops(turns uint64) (all []tokens.Dropped) {
	if turns == t.told {
		return nil
	}
	for i, e := range t.list.Entries {
		if !e.Drop {
			continue
		}
		if n := t.turnsOf(i, turns) - t.turnsOf(i, t.told); n > 0 {
			all = append(all, tokens.Dropped{Token: e.Token, Calls: int64(n)})
		}
	}
	t.told = turns
	return all
}

// turnsOf returns how many of so many turns went to a place.
func (t *dropTable) turnsOf(place int, turns uint64) uint64 {
	rounds, rest := t.size.divide(turns)
	if uint64(place) < rest {
		rounds++
	}
	return rounds
}
