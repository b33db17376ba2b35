package main

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestTally_CountsAndHandsOver(t *testing.T) {
	y := newTally()
	defer y.close()
	now := time.Now()
	y.outcomes <- outcome{list: 3, began: now, ended: now.Add(time.Second)}
	y.outcomes <- outcome{list: noList}
	y.outcomes <- outcome{streaming: true, err: status.Error(codes.Unavailable, "")}
	y.outcomes <- outcome{err: errors.New("no status")}
	r := y.harvest()
	if r.calls != 4 || r.streams != 1 || r.fallback != 1 || len(r.lists) != 1 || r.slowest != time.Second {
		t.Errorf("%+v", r)
	}
	if len(r.failed) != 2 || r.codes[codes.Unavailable] != 1 || r.codes[codes.Unknown] != 1 {
		t.Errorf("failed: %+v, codes: %v", r.failed, r.codes)
	}
	if r := y.harvest(); r.calls != 0 || len(r.failed) != 0 {
		t.Errorf("after a harvest there is %+v", r)
	}
	if y.total() != 4 {
		t.Errorf("%d calls in all, want 4", y.total())
	}
}

// A watch is answered by the first call that is all that is watched for.
func TestTally_Watches(t *testing.T) {
	y := newTally()
	defer y.close()
	now := time.Now()
	at := func(n int) time.Time { return now.Add(time.Duration(n) * time.Second) }
	shown := y.watch(7, at(10))
	for _, o := range []outcome{
		{list: 6, ended: at(11)},                           // another list
		{list: 7, ended: at(9)},                            // too early
		{list: 7, ended: at(12), err: errors.New("fails")}, // not answered
		{list: 7, ended: at(13)},
		{list: 7, ended: at(14)}, // not the first
	} {
		y.outcomes <- o
	}
	if got := <-shown; !got.ended.Equal(at(13)) {
		t.Errorf("shown is %+v", got)
	}
	shown = y.watch(anyList, at(0))
	y.outcomes <- outcome{list: noList, ended: at(1)}
	if got := <-shown; got.list != noList {
		t.Errorf("shown is %+v", got)
	}
	y.outcomes <- outcome{list: 8, ended: at(2)}
	if r := y.harvest(); r.calls != 7 {
		t.Errorf("%d calls, want 7", r.calls)
	}
}

func TestWindow_Shared(t *testing.T) {
	now := time.Now()
	span := func(from, to int) window {
		return window{now.Add(time.Duration(from)), now.Add(time.Duration(to))}
	}
	stalls := []window{span(10, 20), span(30, 50)}
	for _, test := range []struct{ from, to, want int }{
		{0, 10, 0}, {0, 15, 5}, {12, 18, 6}, {15, 35, 10}, {0, 100, 30}, {50, 60, 0}, {40, 30, 0},
	} {
		if got := span(test.from, test.to).shared(stalls); got != time.Duration(test.want) {
			t.Errorf("from %d to %d: %d, want %d", test.from, test.to, got, test.want)
		}
	}
}
