package actor_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/actorlb/grpclb/actor"
)

func TestGroup_StopTellsEveryLoopAndWaitsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := actor.NewGroup()
		var ended atomic.Int32
		for n := range 5 {
			g.Go(func(ctx context.Context) {
				<-ctx.Done()
				time.Sleep(time.Duration(n) * time.Second) // a slow farewell
				ended.Add(1)
			})
		}
		synctest.Wait()
		if n := ended.Load(); n != 0 {
			t.Errorf("%d loops ended before Stop", n)
		}
		start := time.Now()
		g.Stop()
		if n, took := ended.Load(), time.Since(start); n != 5 || took != 4*time.Second {
			t.Errorf("Stop returned after %v with %d loops ended, want 4s and 5", took, n)
		}
	})
}

func TestGroup_StopAgainAndFromSeveralGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := actor.NewGroup()
		var ended atomic.Bool
		g.Go(func(ctx context.Context) {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended.Store(true)
		})
		returned := make(chan bool, 3)
		for range cap(returned) {
			go func() {
				g.Stop()
				returned <- ended.Load()
			}()
		}
		for range cap(returned) {
			if !<-returned {
				t.Error("a Stop returned before the loop had ended")
			}
		}
		start := time.Now()
		g.Stop()
		if took := time.Since(start); took != 0 {
			t.Errorf("Stop of a stopped group took %v", took)
		}
	})
}

func TestGroup_StopWithoutLoops(t *testing.T) {
	g := actor.NewGroup()
	g.Stop() // would hang
	g.Stop()
}

// A loop may start others, even when it has been told to stop: they find
// their context done, and Stop waits for them too.
func TestGroup_LoopStartsLoops(t *testing.T) {
	g := actor.NewGroup()
	var told atomic.Int32
	child := func(ctx context.Context) {
		<-ctx.Done()
		told.Add(1)
	}
	g.Go(func(ctx context.Context) {
		g.Go(child)
		<-ctx.Done()
		g.Go(child)
	})
	g.Stop()
	if n := told.Load(); n != 2 {
		t.Errorf("%d children ended by the time Stop returned, want 2", n)
	}
}

func TestGroup_LoopThatEndsByItselfStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := actor.NewGroup()
		g.Go(func(context.Context) {})
		var stopped atomic.Bool
		g.Go(func(ctx context.Context) {
			<-ctx.Done()
			stopped.Store(true)
		})
		synctest.Wait()
		if stopped.Load() {
			t.Error("the end of one loop stopped another")
		}
		g.Stop()
	})
}
