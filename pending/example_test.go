package pending_test

import (
	"context"
	"fmt"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/pending"
)

// Three calls come to a waiting picker: one waits until it is released, one gives up, and
// one is refused.
func Example() {
	actors := actor.NewGroup()
	defer actors.Stop()
	queue := pending.Start(actors, false)
	queue.SetLimit(2)
	gate := queue.Gate() // what waiting pickers hold

	// The queue knows a call by its context's Done channel. The call is parked by each
	// waiting picker that it asks, whose epochs rise, and counts once.
	one, giveUp := context.WithCancel(context.Background())
	two, cancelTwo := context.WithCancel(context.Background())
	defer cancelTwo()
	three, cancelThree := context.WithCancel(context.Background())
	defer cancelThree()
	fmt.Println(gate.Park(one, 1), gate.Park(two, 1), gate.Park(two, 2))
	fmt.Println(gate.Park(three, 2))

	giveUp()
	// After the picker with epoch 2, a picker is published that can serve calls.
	queue.Released(2)
	s := queue.Stats()
	fmt.Printf("waiting %d: %d let in, of which %d released and %d given up; %d refused\n",
		s.Depth, s.Parked, s.Released, s.Cancelled, s.Refused)
	// Output:
	// <nil> <nil> <nil>
	// rpc error: code = ResourceExhausted desc = grpclb: 2 calls wait for a backend already, maxPendingPicks is 2
	// waiting 0: 2 let in, of which 1 released and 1 given up; 1 refused
}
