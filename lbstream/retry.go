package lbstream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/actor"
)

// tellRetry sends a message to the retry owner, which is started for the first one.
func (c *core) tellRetry(m retryMessage) {
	if !c.retrying {
		c.retrying = true
		c.do(startRetry{c.backoff})
	}
	c.do(tellRetry{m})
}

// reset has the retry owner forget its failures. If there is none yet, no stream has
// failed, and none is waited for.
func (c *core) reset() {
	if c.retrying {
		c.tellRetry(reset{})
	}
}

func (c *core) setBackoff(b backoff.Config) {
	c.backoff = b
	if c.retrying {
		c.tellRetry(setBackoff{b})
	}
}

// retryLoop is the goroutine that owns the backoff and its timer. It alone decides when
// the next stream is due. It starts with the first message to it. If the stream owner has
// stopped, the dialNow is dropped: no stream is opened any more.
func (s *Stream) retryLoop(ctx context.Context, inbox *actor.Inbox[retryMessage], core retryCore) {
	defer refuse(inbox)
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case batch := <-inbox.Ready():
			for _, m := range inbox.Open(batch) {
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

// refuse closes the inbox. Who waits for an answer gets an empty one.
func refuse(inbox *actor.Inbox[retryMessage]) {
	for _, m := range inbox.Close() {
		if m, asks := m.(whenDue); asks {
			m.reply <- time.Time{}
		}
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
	case whenDue:
		m.reply <- r.due
	default:
		panic(fmt.Sprintf("BUG: the retry owner got a %T", m))
	}
	return dial, ok
}
