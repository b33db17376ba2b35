package rrgroup

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/tokens"
)

// errDropped ends a call that the list has dropped. Being a status it ends
// wait-for-ready calls too, and gRPC does not retry it.
var errDropped = status.Error(codes.Unavailable, "grpclb: the balancer's server list has this call dropped")

// A dropTable is a list seen as a rotation over all its entries: those with a
// counter drop the call, the others let it pass.
type dropTable struct {
	turns  *dropTurns // the group's
	places []*dropped
}

// A dropped counts the calls that one drop entry has dropped.
type dropped struct {
	token string
	calls atomic.Int64 // and the mark, once the list is retired

	// Owned by the group.
	final int64 // the calls when it was retired
	told  int64 // of them
}

// late marks the counter of a retired list, above any number of calls.
const late = int64(1) << 62

// newDropTable gives each drop entry of list its counter, and its place in the
// rotation that turns counts.
func newDropTable(list *tokens.List, turns *dropTurns) *dropTable {
	t := &dropTable{turns: turns, places: make([]*dropped, len(list.Entries))}
	for i, e := range list.Entries {
		if e.Drop {
			t.places[i] = &dropped{token: e.Token}
		}
	}
	return t
}

// drop takes a turn that is owed, or else the next one, and returns what the call
// fails with if it is dropped, or nil.
func (t *dropTable) drop() error {
	if t.turns.collect() {
		return nil
	}
	return t.dropNext()
}

// dropNext takes the next turn, whatever is owed. If the list is retired the call is not dropped, since
// nobody would count it: gRPC has a newer picker by then, with which the call
// takes the turn again.
func (t *dropTable) dropNext() error {
	d := t.places[t.turns.turn(len(t.places), 0)]
	if d == nil {
		return nil
	}
	if d.calls.Add(1) > late {
		t.turns.undo()
		return balancer.ErrNoSubConnAvailable
	}
	return errDropped
}

// owe notes that a call that drop let pass was not sent.
func (t *dropTable) owe() {
	if t != nil {
		t.turns.owe()
	}
}

// retire lets nothing be dropped, or counted, from here on. It returns the table
// of those that have something to tell yet, or nil.
func (t *dropTable) retire() *dropTable {
	if t == nil {
		return nil
	}
	var untold []*dropped
	for _, d := range t.places {
		if d == nil {
			continue
		}
		if d.final = d.calls.Or(late); d.final != d.told {
			untold = append(untold, d)
		}
	}
	if untold == nil {
		return nil
	}
	return &dropTable{places: untold}
}

// count returns the number of calls.
func (d *dropped) count() int64 {
	if n := d.calls.Load(); n < late {
		return n
	}
	return d.final
}
