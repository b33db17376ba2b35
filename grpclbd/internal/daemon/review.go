package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/lbserver"
)

// reviewPatience is how long a review waits for clients that read nothing.
const reviewPatience = 5 * time.Second

// A reviewer has the balancer place connected clients anew. It is an actor of its own because
// that waits for clients, and the loop waits for nobody. Of several reviews that are due only the
// last one is made: it counts for those before.
type reviewer struct {
	due      actor.Cell[int] // the loop → here: the number of the review
	balancer *lbserver.Balancer
	in       inbox // here → the loop: reviewed
}

func (r reviewer) run(ctx context.Context) {
	for {
		select {
		case number := <-r.due.Ready():
			moved, err := r.review(ctx)
			r.in.reviewed(number, moved, err)
		case <-ctx.Done():
			return
		}
	}
}

// review returns how many clients have moved. It is no error that the process ends.
func (r reviewer) review(ctx context.Context) (moved int, err error) {
	limited, cancel := context.WithTimeout(ctx, reviewPatience)
	defer cancel()
	moved, err = r.balancer.Review(limited)
	if errors.Is(err, lbserver.ErrClosed) || ctx.Err() != nil {
		return moved, nil
	}
	return moved, err
}
