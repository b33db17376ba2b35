package actor_test

import (
	"context"
	"fmt"

	"github.com/actorlb/grpclb/actor"
)

// A counter is an actor: its count lives in its loop, its handle holds the
// inbox.
type counter struct{ inbox *actor.Inbox[message] }

// A message is what a counter can be told.
type message interface{ isMessage() }

type added struct{ n int }

type asked struct{ reply chan int }

func (added) isMessage() {}
func (asked) isMessage() {}

func (c counter) run(ctx context.Context) {
	sum := 0
	for {
		select {
		case <-ctx.Done():
			c.inbox.Close()
			return
		case b := <-c.inbox.Ready():
			for _, m := range c.inbox.Open(b) {
				switch m := m.(type) {
				case added:
					sum += m.n
				case asked:
					m.reply <- sum
				default:
					panic(fmt.Sprintf("BUG: counter got %T", m))
				}
			}
		}
	}
}

func Example() {
	group := actor.NewGroup()
	defer group.Stop()
	c := counter{actor.NewInbox[message]()}
	group.Go(c.run)

	c.inbox.Send(added{2})
	c.inbox.Send(added{3})
	reply := make(chan int, 1)
	c.inbox.Send(asked{reply})
	fmt.Println(<-reply)
	// Output: 5
}
