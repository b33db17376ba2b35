package lbserver

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
)

// unstarted is a balancer whose loop does not run, so that a test can see what
// it would be told.
func unstarted() *Balancer {
	return &Balancer{opts: Options{}.withDefaults(), group: actor.NewGroup(), inbox: inbox{actor.NewInbox[message]()}}
}

// However a call ends, the loop is told, or it would remember each for ever.
func TestLoop_IsToldWhoLeaves(t *testing.T) {
	b := unstarted()
	_, hangUp, result := serve(b)
	batch := b.inbox.Open(<-b.inbox.Ready())
	c := batch[0].(opened).call
	hangUp()
	if err := <-result; status.Code(err) != codes.Canceled {
		t.Errorf("the handler returned %v", err)
	}
	batch = b.inbox.Open(<-b.inbox.Ready())
	if len(batch) != 1 || batch[0] != (left{c, codes.Canceled}) {
		t.Errorf("the loop was told %v, want that the call left", batch)
	}
}

// A handler that posted just before the loop stopped waits for a word still.
func TestLoop_EndsCallsThatItFindsInTheInbox(t *testing.T) {
	for range 50 { // the loop hears of the message or of the stop first
		b := unstarted()
		c := newCall(&wire{ctx: canceled()}, false)
		b.inbox.opened(c)
		b.inbox.asked(c, Client{Service: "nobody's", Peer: c.peer}, 0, true)
		late := newCall(&wire{ctx: canceled()}, false)
		b.inbox.opened(late)
		b.group.Go(b.loop)
		b.Close()
		if got := words(late); got[codes.Unavailable] != 1 {
			t.Fatalf("the call that was found was told %v", got)
		}
		if got := words(c); got[codes.NotFound] != 1 {
			t.Fatalf("the call that had asked was told %v", got)
		}
	}
}

// canceled is the context of a stream whose client is gone.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// words counts what a call was told about its end.
func words(c *call) map[codes.Code]int {
	close(c.over)
	got := make(map[codes.Code]int)
	for v := range c.over {
		got[status.Code(v.err)]++
	}
	return got
}

func TestLoop_UnknownMessageIsABug(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); got != "BUG: the balancer was told <nil>" {
			t.Errorf("recovered %q", got)
		}
	}()
	(&owner{balancer: unstarted(), registry: newRegistry()}).handle([]message{nil})
}
