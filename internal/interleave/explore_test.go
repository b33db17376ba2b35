package interleave

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// A counter is a number that two threads raise, in as many steps as one likes.
type counter struct {
	n     int
	done  [2]int // steps, of each thread
	local [2]int
}

// atOnce raises the number in one step.
func atOnce(i int) Thread[counter] {
	return Thread[counter]{[]string{"one", "two"}[i], func(s *counter) string {
		if s.done[i] == 3 {
			return ""
		}
		s.done[i]++
		s.n++
		return "add"
	}}
}

// inTwo loads the number, and stores it raised.
func inTwo(i int) Thread[counter] {
	return Thread[counter]{[]string{"one", "two"}[i], func(s *counter) string {
		s.done[i]++
		switch s.done[i] {
		case 1:
			s.local[i] = s.n
			return "load"
		case 2:
			s.n, s.local[i] = s.local[i]+1, 0
			return "store"
		}
		s.done[i]--
		return ""
	}}
}

func comesTo(want int) func(counter) error {
	return func(s counter) error {
		if s.n != want {
			return errors.New("a step was lost")
		}
		return nil
	}
}

// Three steps of one thread and three of another come in 6!/3!3! orders.
func TestExplore_CountsSchedules(t *testing.T) {
	got, err := Explore(&Protocol[counter]{
		Threads: []Thread[counter]{atOnce(0), atOnce(1)},
		AtRest:  comesTo(6),
	})
	if want := (Explored{States: 16, Schedules: 20, Longest: 6}); got != want || err != nil {
		t.Errorf("explored %+v (%v), want %+v", got, err, want)
	}
}

// The textbook's lost update, and how it comes about.
func TestExplore_FindsTheLostUpdate(t *testing.T) {
	_, err := Explore(&Protocol[counter]{
		Threads: []Thread[counter]{inTwo(0), inTwo(1)},
		AtRest:  comesTo(2),
	})
	var b *Broken
	if !errors.As(err, &b) {
		t.Fatalf("the error is %v", err)
	}
	var order []string
	for _, line := range b.Schedule {
		order = append(order, strings.Join(strings.Fields(line)[1:3], " "))
	}
	if got, want := strings.Join(order, ", "), "one load, two load, one store, two store"; got != want {
		t.Errorf("found after %q, want %q", got, want)
	}
	if !strings.Contains(err.Error(), "a step was lost, after\n") {
		t.Errorf("the error reads %q", err)
	}
}

// What is wrong only on the way is found too.
func TestExplore_AsksInEachState(t *testing.T) {
	p := &Protocol[counter]{
		Threads: []Thread[counter]{atOnce(0), atOnce(1)},
		Always: func(s counter) error {
			if s.done == [2]int{1, 2} {
				return errors.New("here")
			}
			return nil
		},
	}
	_, err := Explore(p)
	var b *Broken
	if !errors.As(err, &b) || len(b.Schedule) != 3 {
		t.Errorf("the error is %v", err)
	}
}

// A thread that waits for one that never comes is at rest, which is for AtRest
// to judge.
func TestExplore_AsksWhoIsStuck(t *testing.T) {
	waits := Thread[counter]{"waits", func(s *counter) string {
		if s.n < 4 || s.done[1] > 0 {
			return ""
		}
		s.done[1]++
		return "go"
	}}
	_, err := Explore(&Protocol[counter]{Threads: []Thread[counter]{atOnce(0), waits}, AtRest: func(s counter) error {
		if s.done[1] == 0 {
			return errors.New("stuck")
		}
		return nil
	}})
	if err == nil || !strings.HasPrefix(err.Error(), "stuck") {
		t.Errorf("the error is %v", err)
	}
}

func TestExplore_FindsEndlessRounds(t *testing.T) {
	_, err := Explore(&Protocol[int]{Threads: []Thread[int]{{"spins", func(s *int) string {
		*s = (*s + 1) % 3
		return "turn"
	}}}})
	if !errors.Is(err, errRound) {
		t.Errorf("the error is %v", err)
	}
}

func TestExplore_CountsNoFurtherThanItCan(t *testing.T) {
	if got := plus(math.MaxUint64-1, 2); got != math.MaxUint64 {
		t.Errorf("the sum is %d", got)
	}
	if got := plus(1, 2); got != 3 {
		t.Errorf("1 + 2 = %d", got)
	}
}
