package rrgroup

import (
	"sync/atomic"

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
	turns  *rotation // the group's: it carries on across lists
	places []*dropped
}

// A dropped counts the calls that one drop entry has dropped.
type dropped struct {
	token string
	calls atomic.Int64
	told  int64 // of calls; owned by the group
}

// newDropTable gives each drop entry of list its counter, and its place in the
// rotation that turns counts.
func newDropTable(list *tokens.List, turns *rotation) *dropTable {
	t := &dropTable{turns: turns, places: make([]*dropped, len(list.Entries))}
	for i, e := range list.Entries {
		if e.Drop {
			t.places[i] = &dropped{token: e.Token}
		}
	}
	return t
}

// drop takes the next turn and reports whether it drops the call.
func (t *dropTable) drop() bool {
	d := t.places[t.turns.turn(len(t.places), 0)]
	if d == nil {
		return false
	}
	d.calls.Add(1)
	return true
}
