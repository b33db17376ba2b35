package tracing

import (
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

const (
	firstLook   = 5 * time.Millisecond // after a push; then the pause doubles
	longestLook = time.Second
	patience    = time.Minute // a client that reads nothing does not keep a push under way for longer
	mostPushes  = 1000        // under way; then the oldest ends
)

// A core decides when a push has reached every client. It is pure: it is told what happened, and
// leaves in todo which pushes have ended.
type core struct {
	under []push // the oldest first
	pause time.Duration
	next  time.Time // when to look; zero: never
	todo  []ended
}

// A push is a change of lists that not every client has been handed yet.
type push struct {
	pushed
	clients, behind int // as last seen
}

// ended is a push that is over.
type ended struct {
	push
	at time.Time
}

func (c *core) pushed(m pushed, now time.Time) {
	c.under = append(c.under, push{pushed: m})
	if len(c.under) > mostPushes {
		c.end(c.under[0], now)
		c.under = c.under[1:]
	}
	c.pause = firstLook
	c.next = now // the answer may have been handed already
}

// due reports whether it is time to look.
func (c *core) due(now time.Time) bool { return !c.next.IsZero() && !now.Before(c.next) }

// looked takes in who has what.
func (c *core) looked(s lbserver.State, now time.Time) {
	clients := map[string][]lbserver.ClientState{}
	for _, cl := range s.Clients {
		clients[cl.Service] = append(clients[cl.Service], cl)
	}
	var under []push
	for _, p := range c.under {
		p.clients, p.behind = p.count(clients[p.service])
		if p.behind == 0 || now.Sub(p.change.At) >= patience {
			c.end(p, now)
		} else {
			under = append(under, p)
		}
	}
	c.under, c.next = under, time.Time{}
	if len(under) > 0 {
		c.next = now.Add(c.pause)
		c.pause = min(2*c.pause, longestLook)
	}
}

func (c *core) end(p push, now time.Time) { c.todo = append(c.todo, ended{p, now}) }

// count returns how many clients were connected when the push was decided and still are, and
// how many of them have not been handed it, nor a later one.
func (p push) count(clients []lbserver.ClientState) (all, behind int) {
	for _, cl := range clients {
		if cl.Opened.After(p.change.At) {
			continue
		}
		all++
		number, own := p.numbers[cl.Class]
		if !own {
			number = p.numbers[""]
		}
		if cl.Handed < number {
			behind++
		}
	}
	return all, behind
}
