package pending_test

import (
	"context"
	"fmt"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/pending"
)

// Three calls wait for a picker, of which one gives up and one is too many.
func Example() {
	actors := actor.NewGroup()
	defer actors.Stop()
	queue := pending.Start(actors, false)
	queue.SetLimit(2)
	gate := queue.Gate() // what waiting pickers hold

	// A call is known by its context's Done channel. It is told of at each waiting
	// picker, whose epochs count up, and counts once.
	one, giveUp := context.WithCancel(context.Background())
	two, cancelTwo := context.WithCancel(context.Background())
	defer cancelTwo()
	three, cancelThree := context.WithCancel(context.Background())
	defer cancelThree()
	fmt.Println(gate.Park(one, 1), gate.Park(two, 1), gate.Park(two, 2))
	fmt.Println(gate.Park(three, 2))

	giveUp()
	// A picker with somewhere to send calls is out, after that of epoch 2.
	queue.Released(2)
	s := queue.Stats()
	fmt.Printf("waiting %d: %d let in, of which %d released and %d given up; %d refused\n",
		s.Depth, s.Parked, s.Released, s.Cancelled, s.Refused)
	// Output:
	// <nil> <nil> <nil>
	// rpc error: code = ResourceExhausted desc = grpclb: 2 calls wait for a backend already, maxPendingPicks is 2
	// waiting 0: 2 let in, of which 1 released and 1 given up; 1 refused
}
