package grpclb_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// call makes a call, when what came before has had its effect, and returns the
// number of the backend that answered it, "wait" if it was still waiting after
// a moment, or else its error.
func (w *world) call(options ...grpc.CallOption) string {
	synctest.Wait()
	ctx, cancel := context.WithTimeout(w.Context(), moment)
	defer cancel()
	answer, err := w.ch.Unary(ctx, options...)
	switch {
	case status.Code(err) == codes.DeadlineExceeded:
		return "wait"
	case err != nil:
		return err.Error()
	}
	return fmt.Sprint(answer.Backend)
}

// token makes a call and returns the lb-token that the backend saw.
func (w *world) token() string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), moment)
	defer cancel()
	answer, err := w.ch.Unary(ctx)
	if err != nil {
		w.Errorf("call: %v", err)
	}
	return answer.Token
}

// calls makes n calls, one after the other.
func (w *world) calls(n int) string {
	var all []string
	for range n {
		all = append(all, w.call())
	}
	return strings.Join(all, " ")
}

// served fails the test unless a call is answered by backend number n.
func (w *world) served(n int) {
	w.Helper()
	if got := w.call(); got != fmt.Sprint(n) {
		w.Errorf("after %v a call goes to %s, want %d", time.Since(w.start), got, n)
	}
}

// waits fails the test unless a call waits.
func (w *world) waits() {
	w.Helper()
	if got := w.call(); got != "wait" {
		w.Errorf("after %v a call comes to %s, want it to wait", time.Since(w.start), got)
	}
}

// fails fails the test unless a call fails with UNAVAILABLE and all of these
// words.
func (w *world) fails(words ...string) {
	w.Helper()
	got := w.call()
	for _, word := range append(words, "Unavailable") {
		if !strings.Contains(got, word) {
			w.Errorf("after %v a call comes to %q, want %q in it", time.Since(w.start), got, word)
		}
	}
}

// A parked is a call that was begun and may be waiting.
type parked struct {
	answer lbtest.Answer
	err    error
	after  time.Duration // since the start of the test
	done   chan struct{} // closed at the end; the rest is set before
}

// begin makes a call that waits for as long as ctx allows.
func (w *world) begin(ctx context.Context, options ...grpc.CallOption) *parked {
	synctest.Wait()
	p := &parked{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.answer, p.err = w.ch.Unary(ctx, options...)
		p.after = time.Since(w.start)
	}()
	synctest.Wait()
	return p
}

// turns reports whether got is the sequence, over and over, from any place in
// it on: "2 3 1 2" is turns of "1 2 3".
func turns(got, sequence string) bool {
	calls, cycle := strings.Fields(got), strings.Fields(sequence)
	for first := range cycle {
		want := slices.Repeat(cycle, len(calls)/len(cycle)+2)[first:][:len(calls)]
		if slices.Equal(calls, want) {
			return true
		}
	}
	return false
}

// rotates fails the test unless calls go to backends in this sequence.
func (w *world) rotates(sequence string) {
	w.Helper()
	if got := w.calls(3 * len(strings.Fields(sequence))); !turns(got, sequence) {
		w.Errorf("calls go to %s, want turns of %s", got, sequence)
	}
}
