package main

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var stateParts = []part{
	{rule: "state.sticky", should: "every backend has failed and one is dialled again: calls fail and do not wait", play: sticky},
	{rule: "state.coalesced", should: "a list of 1000 backends that come up costs at most 100 pickers", play: bringUp},
	{rule: "state.closed", should: "a channel closed while a backend lingers leaves no connection", play: closed},
}

func sticky(w *world) verdict {
	b := w.backends(1)[0]
	b.Stop()
	w.list(w.connect(), lbtest.Server(b.Addr(), ""))
	w.network.Blackhole(b.Addr(), true)
	w.sleep(5 * time.Second) // by then the next dial has begun, and it hangs
	got := w.calls(1)
	return saw(got != "waits", "a call %s", got)
}

// manyBackends is one server at a thousand addresses.
func (w *world) manyBackends() (entries []*lbpb.Server) {
	s := grpc.NewServer()
	w.Cleanup(s.Stop)
	testpb.RegisterTestServiceServer(s, answering{})
	for range 1000 {
		l, err := w.network.Listen("")
		if err != nil {
			w.Fatal(err)
		}
		entries = append(entries, lbtest.Server(l.Addr().String(), ""))
		go func() { _ = s.Serve(l) }() // ends with an error when it is stopped
	}
	return entries
}

type answering struct {
	testpb.UnimplementedTestServiceServer
}

func (answering) UnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{Payload: &testpb.Payload{Body: fmt.Append(nil, "1 ")}}, nil
}

func bringUp(w *world) verdict {
	entries := w.manyBackends()
	c := w.connect()
	before := published.Load()
	w.list(c, entries...)
	w.sleep(time.Second)
	n := published.Load() - before
	if got := w.calls(1); got != "1" {
		return saw(false, "a call %s", got)
	}
	return saw(n <= 100, "%d pickers", n)
}

func closed(w *world) verdict {
	b := w.backends(2)
	c := w.connect(b[1])
	w.send(c, b[0])
	w.send(c, b[1])
	w.ch.Close()
	w.sleep(0)
	open := w.lb.Open() + b[0].Open() + b[1].Open()
	return saw(open == 0, "connections: %d", open)
}
