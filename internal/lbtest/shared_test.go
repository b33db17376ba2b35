package lbtest

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestShared_AwaitReturnsWhenAChangeSatisfies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := share(0)
		for i := range 5 {
			time.AfterFunc(time.Duration(i)*time.Second, func() { s.update(func(n *int) { *n++ }) })
		}
		begin := time.Now()
		if !s.await(nil, func(n *int) bool { return *n == 3 }) {
			t.Error("gave up with nothing to give up for")
		}
		if waited := time.Since(begin); waited != 2*time.Second {
			t.Errorf("waited %v, want 2s", waited)
		}
	})
}

func TestShared_AwaitGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := share(0)
		begin := time.Now()
		if s.await(time.NewTimer(time.Minute).C, func(*int) bool { return false }) {
			t.Error("await returned true, and f never did")
		}
		if waited := time.Since(begin); waited != time.Minute {
			t.Errorf("waited %v, want 1m", waited)
		}
	})
}

// Two take turns: what one changes in await, the other is told of.
func TestShared_AwaitWakesOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := share(0)
		turns := func(parity int) {
			for range 100 {
				s.await(nil, func(n *int) bool {
					if *n%2 != parity {
						return false
					}
					*n++
					return true
				})
			}
		}
		go turns(1)
		turns(0)
		synctest.Wait()
		s.view(func(n *int) {
			if *n != 200 {
				t.Errorf("%d turns, want 200", *n)
			}
		})
	})
}

func TestExpect_FailsAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, begin := newJudge(t), time.Now()
		wrong := j.verdict(func() {
			expect(j, share(0), "godot", func(*int) bool { return false })
		})
		if want := []string{"waited 10s for godot"}; !slices.Equal(wrong, want) {
			t.Errorf("said %q, want %q", wrong, want)
		}
		if waited := time.Since(begin); waited != 10*time.Second {
			t.Errorf("waited %v, want 10s", waited)
		}
	})
}

func TestReceive_TakesWhatIsThere(t *testing.T) {
	c := make(chan int, 1)
	c <- 7
	// A limit that has passed must not hide it.
	if got := receive(t, c, 0, "seven"); got != 7 {
		t.Errorf("received %d, want 7", got)
	}
}
