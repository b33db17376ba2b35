package lbtest

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onEachNetwork runs test in a bubble over the memory network, and outside of
// one over sockets.
func onEachNetwork(t *testing.T, test func(*testing.T, Network)) {
	t.Run("memory", func(t *testing.T) {
		inBubble(t, test)
	})
	t.Run("loopback", func(t *testing.T) {
		test(t, NewLoopback())
	})
}

// inBubble runs test in a bubble over the memory network.
func inBubble(t *testing.T, test func(*testing.T, Network)) {
	synctest.Test(t, func(t *testing.T) {
		test(t, NewMemory())
	})
}

// short is a context that ends when the test is long lost.
func short(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// A judge is a testing.TB that takes down what is wrong instead of failing.
type judge struct {
	testing.TB
	wrong shared[[]string]
}

func newJudge(t testing.TB) *judge { return &judge{TB: t, wrong: share[[]string](nil)} }

func (j *judge) Helper() {}

func (j *judge) Error(args ...any) { j.note(fmt.Sprint(args...)) }

func (j *judge) Errorf(format string, args ...any) { j.note(fmt.Sprintf(format, args...)) }

func (j *judge) Fatal(args ...any) {
	j.note(fmt.Sprint(args...))
	runtime.Goexit()
}

func (j *judge) Fatalf(format string, args ...any) {
	j.note(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (j *judge) note(s string) {
	j.wrong.update(func(wrong *[]string) { *wrong = append(*wrong, s) })
}

// verdict runs f to its end, be it a Fatal, and returns what was wrong.
func (j *judge) verdict(f func()) (wrong []string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
	j.wrong.view(func(w *[]string) { wrong = *w })
	return wrong
}

// inMemory reports whether the network is of the kind that takes no time.
func inMemory(n Network) bool {
	_, is := n.(*network).wire.(*memory)
	return is
}
