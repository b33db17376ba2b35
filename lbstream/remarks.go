package lbstream

import "github.com/actorlb/grpclb/internal/diary"

// What the log lines are about. A target may have any number of balancers, and the backoff may
// be short, so no topic has a pace of its own.
const (
	aboutNext     diary.Topic = iota // a balancer brought no list, and the next one is asked
	aboutMessages                    // a message that is ignored
)

// complain logs one line for each stream at most.
func (c *core) complain(what string) {
	if !c.heard.complained {
		c.heard.complained = true
		c.do(complain{c.number, what})
	}
}

func (c complain) remark() diary.Remark {
	return diary.Warningf(aboutMessages, "balancer stream %d: %s is ignored", c.stream, c.what)
}

func (m moveOn) remark() diary.Remark {
	if m.from == "" {
		return diary.Warningf(aboutNext, "balancer stream %d: no server list came, the next balancer is asked: %v", m.stream, m.err)
	}
	return diary.Warningf(aboutNext, "balancer stream %d: no server list came from %s, the next balancer is asked: %v", m.stream, m.from, m.err)
}
