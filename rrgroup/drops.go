package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/tokens"
)

// errDropped is the error of a dropped call. It is a gRPC status, so it fails
// wait-for-ready calls too, and gRPC does not retry the call.
var errDropped = status.Error(codes.Unavailable, "grpclb: the balancer's server list has this call dropped")

// A dropTable decides which calls are dropped. Its rotation goes over all entries of a
// list, drops and backends. Each call takes one turn: at a drop entry the call is dropped,
// at a backend entry it passes. How many calls each entry has dropped follows from the
// number of turns, so there is no counter for each entry.
type dropTable struct {
	list   *tokens.List
	turns  *counter   // the generation's
	owed   *owedTurns // the group's
	places []int32    // for each entry, how many backends are before it; for a drop, the bitwise complement of that
	size   divisor    // len(places)
	passes uint64     // backends in the list

	// Owned by the group.
	first uint64 // the number of turns when the list began
	told  uint64 // the number of turns that newDrops has reported
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

// carryOn sets the turn with which the rotation begins. It is called before the first call
// takes a turn, with the turn that the previous list has reached: see drop.continuity. If
// calls take turns of the previous list after that, the new list uses the same turns again.
func (t *dropTable) carryOn(turn uint64) {
	t.turns.word.Store(turn)
	t.first, t.told = turn, turn
}

// take takes the next turn. It returns how many earlier turns have let a call pass, and
// the error of the call if it is dropped. If the generation is retired, no turn is taken,
// and the error has gRPC ask the newer picker.
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

// passed returns how many of the first turns let a call pass, and whether the turn after
// them is a drop.
func (t *dropTable) passed(turns uint64) (n uint64, drop bool) {
	rounds, place := t.size.divide(turns)
	before := t.places[place]
	if before < 0 {
		drop, before = true, ^before
	}
	return rounds*t.passes + uint64(before), drop
}

// passedSince is passed without the turns of earlier lists.
func (t *dropTable) passedSince(turns uint64) uint64 {
	all, _ := t.passed(turns)
	before, _ := t.passed(t.first)
	return all - before
}

// drop is for a child policy's picker. It uses an owed turn, or takes the next turn. It
// returns the error of the call if it is dropped.
func (t *dropTable) drop() error {
	if t.owed.collect() {
		return nil
	}
	_, err := t.take()
	return err
}

// owe notes that a call passed and was not sent, so the next pick uses its turn. t may
// be nil.
func (t *dropTable) owe() {
	if t != nil {
		t.owed.owe()
	}
}

// newDrops returns how many calls were dropped in so many turns, without those that it
// has returned before.
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

// turnsOf returns how many of the first turns were at a place.
func (t *dropTable) turnsOf(place int, turns uint64) uint64 {
	rounds, rest := t.size.divide(turns)
	if uint64(place) < rest {
		rounds++
	}
	return rounds
}
