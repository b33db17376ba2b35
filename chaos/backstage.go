package main

import (
	"fmt"
	"time"
)

// newPlayer starts the servers and the channel. The player must be closed, also
// if there is an error.
func newPlayer(o options, c *census) (*player, error) {
	p := &player{
		options: o,
		log:     o.log,
		census:  c,
		tally:   newTally(),
		pulse:   newPulse(),
		diary:   &diary{start: time.Now()},
		active:  make(map[int]*entry),
		timer:   time.NewTimer(0),
	}
	<-p.timer.C
	p.attempts = new(attempts)
	p.books = newBooks(p.attempts)
	var err error
	if p.fleet, err = startFleet(p.books); err != nil {
		return p, err
	}
	balancers, fallbacks := p.fleet.resolved(0)
	made, err := dial(balancers, fallbacks, p.attempts)
	if err == nil {
		p.client = made
	}
	return p, err
}

// close ends what is left, and returns when all goroutines have.
func (p *player) close() error {
	err := p.fleet.close()
	p.books.close()
	p.tally.close()
	p.pulse.close()
	p.timer.Stop()
	return err
}

// leave closes the channel, and says what is left of it that should not be.
func (p *player) leave() (wrong []string) {
	if p.client == nil {
		return nil
	}
	if err := p.client.conn.Close(); err != nil {
		wrong = append(wrong, err.Error())
	}
	gone := headCount{}
	if got, err := p.counted(gone); got != gone || err != nil {
		wrong = append(wrong, fmt.Sprintf("gRPC has %+v of a channel that is closed (%v)", got, err))
	}
	if n := p.connections(); n != 0 {
		wrong = append(wrong, fmt.Sprintf("%d connections to servers are open though the channel is closed", n))
	}
	return wrong
}

// connections waits until there are no connections any more, and says how many
// are left.
func (p *player) connections() (open int) {
	for end := time.Now().Add(goneWithin); ; p.wait(goneWithin / 500) {
		open = 0
		for i := range serverCount {
			open += p.fleet.site(i).proxy.Open()
		}
		if open == 0 || time.Now().After(end) {
			return open
		}
	}
}

// counted waits until gRPC has just so much of the channel, and returns what it
// has.
func (p *player) counted(want headCount) (got headCount, err error) {
	for end := time.Now().Add(goneWithin); ; p.wait(goneWithin / 500) {
		if got, err = p.census.count(); got == want || err != nil || time.Now().After(end) {
			return got, err
		}
	}
}

// checkSubConns holds, when calls go by a list of all backends and nothing else
// has happened for a moment, that each of them has one SubConn, that those of
// fallback servers are gone, and that there is one channel to the balancers.
func (p *player) checkSubConns() error {
	want := headCount{channels: 1, nested: 1, subConns: backendCount}
	got, err := p.counted(want)
	if err != nil {
		return err
	}
	if got != want {
		p.wrong.add("gRPC has %+v of the channel, want %+v", got, want)
	}
	return nil
}

// checkReports holds, after calls that all went by the lists of one call to a
// balancer, that its reports come to what was called.
func (p *player) checkReports() {
	var sum summary
	for end := time.Now().Add(goneWithin); ; p.wait(reportInterval) {
		sum = p.books.sum()
		if sum.started == p.attempts.count() {
			return
		}
		if time.Now().After(end) {
			break
		}
	}
	p.wrong.add("the load reports have %d calls, and there were %d", sum.started, p.attempts.count())
}
