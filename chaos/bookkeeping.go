package main

import (
	"context"
	"fmt"
)

// A ledger is what the books' loop owns.
type ledger struct {
	accounts map[int]*account // of calls that are open; the rest is in sums
	sums     summary
}

func (b *books) keep(ctx context.Context) {
	l := &ledger{accounts: make(map[int]*account)}
	for {
		select {
		case <-ctx.Done():
			b.inbox.Close()
			return
		case batch := <-b.inbox.Ready():
			for _, m := range b.inbox.Open(batch) {
				l.hear(m)
			}
		}
	}
}

func (l *ledger) hear(m bookMessage) {
	switch m := m.(type) {
	case opened:
		l.sums.calls++
		l.accounts[m.call] = &account{balancer: m.balancer}
	case ended:
		// Its reader may have a report in hand still, which then is lost, as it is
		// when a balancer dies. To lose one breaks no promise.
		delete(l.accounts, m.call)
	case reported:
		l.reported(m)
	case summed:
		l.sums.contact = l.contact()
		m.reply <- l.sums
	default:
		panic(fmt.Sprintf("BUG: the books were told a %T", m))
	}
}

func (l *ledger) reported(m reported) {
	a := l.accounts[m.call]
	if a == nil {
		return
	}
	l.sums.reports++
	if err := a.add(m.stats); err != nil {
		l.sums.wrong.add("reports of call %d, to balancer %d: %v", m.call, a.balancer+1, err)
	}
	if l.sums.started += m.stats.GetNumCallsStarted(); l.sums.started > m.limit {
		l.sums.wrong.add("reports have %d calls started in all, and there were %d", l.sums.started, m.limit)
	}
}

// contact returns the balancer that was called last of those with an open call.
// A client has one, and a balancer that can't be heard from may think that it
// still has the one before.
func (l *ledger) contact() int {
	latest, balancer := 0, -1
	for call, a := range l.accounts {
		if call > latest {
			latest, balancer = call, a.balancer
		}
	}
	return balancer
}
