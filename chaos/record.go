package main

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A record is what was counted in a phase.
type record struct {
	calls    int
	streams  int                // of them
	codes    map[codes.Code]int // of calls that failed
	failed   []outcome          // of which there may be more than are kept
	lists    map[int]struct{}   // that calls went by
	fallback int                // calls that were answered without a list
	slowest  time.Duration      // call that was answered
}

func newRecord() record {
	return record{codes: make(map[codes.Code]int), lists: make(map[int]struct{})}
}

// maxFailed bounds the failed calls that are kept, which then are too many to
// be right anyway.
const maxFailed = 200_000

func (r *record) count(o outcome) {
	r.calls++
	if o.streaming {
		r.streams++
	}
	if o.err != nil {
		r.codes[status.Code(o.err)]++
		if len(r.failed) < maxFailed {
			r.failed = append(r.failed, o)
		}
		return
	}
	if o.list == noList {
		r.fallback++
	} else {
		r.lists[o.list] = struct{}{}
	}
	if took := o.ended.Sub(o.began); !o.streaming {
		r.slowest = max(r.slowest, took)
	}
}
