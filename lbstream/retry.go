package lbstream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// retryLoop is the goroutine that owns the backoff and its timer. It alone decides when
// the next stream is due. If the stream owner has stopped, its dialNow is dropped, and
// nothing is lost.
func (s *Stream) retryLoop(ctx context.Context, core retryCore) {
	defer s.retry.Close()
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case batch := <-s.retry.Ready():
			for _, m := range s.retry.Open(batch) {
				if dial, ok := core.handle(time.Now(), m); ok {
					s.inbox.Send(dial)
				}
			}
		case now := <-timer.Ready():
			timer.Rang()
			if dial, ok := core.rang(now); ok {
				s.inbox.Send(dial)
			}
		}
		timer.Set(core.due)
	}
}

// handle passes one message to its method.
func (r *retryCore) handle(now time.Time, m retryMessage) (dial dialNow, ok bool) {
	switch m := m.(type) {
	case streamEnded:
		r.ended(now, m, rand.Float64())
	case renewal:
		r.renew(now, m, rand.Float64())
	case standDown:
		r.standDown(m)
	case reset:
		dial, ok = r.reset()
	case setBackoff:
		r.setBackoff(m.backoff)
	default:
		panic(fmt.Sprintf("BUG: the retry owner got a %T", m))
	}
	return dial, ok
}
