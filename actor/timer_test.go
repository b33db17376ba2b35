package actor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// rings waits for the timer and checks that it rings the given time after
// start, to the nanosecond.
func rings(t *testing.T, timer *actor.Timer, start time.Time, after time.Duration) {
	t.Helper()
	rang := <-timer.Ready()
	timer.Rang()
	if got := time.Since(start); got != after {
		t.Errorf("rang after %v, want %v", got, after)
	}
	if got := rang.Sub(start); got != after {
		t.Errorf("Ready delivered start+%v, want start+%v", got, after)
	}
}

// silent lets an hour pass and checks that the timer does not ring in it.
func silent(t *testing.T, timer *actor.Timer) {
	t.Helper()
	start := time.Now()
	time.Sleep(time.Hour)
	select {
	case at := <-timer.Ready():
		t.Errorf("rang %v after it should have been silent", at.Sub(start))
	default:
	}
}

func TestTimer_IsOffAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timer := actor.NewTimer()
		silent(t, timer)
		silent(t, timer)
	})
}

func TestTimer_RingsOnceAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, timer := time.Now(), actor.NewTimer()
		timer.Set(start.Add(1234 * time.Millisecond))
		rings(t, timer, start, 1234*time.Millisecond)
		silent(t, timer)
	})
}

func TestTimer_LastSetCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, timer := time.Now(), actor.NewTimer()
		timer.Set(start.Add(5 * time.Second))
		timer.Set(start.Add(2 * time.Second)) // earlier
		rings(t, timer, start, 2*time.Second)
		timer.Set(start.Add(3 * time.Second))
		timer.Set(start.Add(7 * time.Second)) // later
		rings(t, timer, start, 7*time.Second)
		silent(t, timer)
	})
}

// An owner sets the timer after every batch. The same time again neither
// postpones nor repeats the ringing.
func TestTimer_SameTimeAgainChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, timer := time.Now(), actor.NewTimer()
		at := start.Add(time.Second)
		for range 4 {
			timer.Set(at)
			time.Sleep(200 * time.Millisecond)
		}
		rings(t, timer, start, time.Second)
		silent(t, timer)
	})
}

func TestTimer_ZeroTurnsItOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, timer := time.Now(), actor.NewTimer()
		timer.Set(start.Add(time.Second))
		timer.Set(time.Time{})
		silent(t, timer)
		// Off is not for ever: the same time in the past is new again.
		timer.Set(start.Add(time.Second))
		rings(t, timer, start, time.Hour)
	})
}

func TestTimer_PastTimeRingsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, timer := time.Now(), actor.NewTimer()
		timer.Set(start.Add(-time.Minute))
		rings(t, timer, start, 0)
		timer.Set(start)
		rings(t, timer, start, 0)
		// After Rang the very same time may be asked for again.
		timer.Set(start)
		rings(t, timer, start, 0)
	})
}

// A ringing that the owner has not heard yet is taken back when he sets
// another time: he never hears of a time that is no longer due.
func TestTimer_UnheardRingingIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, timer := time.Now(), actor.NewTimer()
		timer.Set(start.Add(time.Second))
		time.Sleep(2 * time.Second)
		timer.Set(start.Add(5 * time.Second))
		rings(t, timer, start, 5*time.Second)

		timer.Set(start.Add(6 * time.Second))
		time.Sleep(2 * time.Second)
		timer.Set(time.Time{})
		silent(t, timer)
	})
}

func TestTimer_StopSilencesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timer := actor.NewTimer()
		timer.Set(time.Now().Add(time.Second))
		timer.Stop()
		silent(t, timer)
		timer.Stop()
	})
}
