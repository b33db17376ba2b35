package rrgroup

import (
	"maps"
	"slices"

	"github.com/actorlb/grpclb/tokens"
)

// A ledger counts the calls that were picked from the lists of one stream, and how they
// ended, for load reports. The first list of a newer stream begins a new ledger: calls
// from lists of earlier streams are not reported any more.
type ledger struct {
	stream uint64           // the number of the newest stream that a list came from
	live   []*generation    // made from lists of the stream, and not drained
	past   totals           // of generations that have drained
	drops  map[string]int64 // drops that count has not returned yet, by token
	bytes  int              // length of all tokens in drops
	told   totals           // what count has returned so far
	all    drops            // of every generation since the start, returned by count or not
}

// totals count calls, without dropped ones.
type totals struct{ started, finished, unsent, received int64 }

// open adds a new generation, unless its list is from an earlier stream or it has none.
func (l *ledger) open(g *generation) {
	if g.plan.Provenance != FromBalancer || g.plan.Stream == 0 || g.plan.Stream < l.stream {
		return
	}
	if g.plan.Stream > l.stream {
		*l = ledger{stream: g.plan.Stream, drops: map[string]int64{}, all: l.all}
	}
	l.live = append(l.live, g)
}

// fold adds the totals of a generation that has drained to past. They don't change any
// more.
func (l *ledger) fold(g *generation) {
	l.collectDrops(g)
	i := slices.Index(l.live, g)
	if i < 0 {
		return
	}
	l.live = slices.Delete(l.live, i, i+1)
	l.past = l.past.plus(g.totals())
}

// count returns the calls since it was called last. All counts are zero if the newest list
// came from another stream.
func (l *ledger) count(stream uint64) tokens.Counts {
	if stream != l.stream || stream == 0 {
		return tokens.Counts{}
	}
	now := l.past
	for _, g := range l.live {
		now = now.plus(g.totals())
		l.collectDrops(g)
	}
	news := now.since(l.told)
	l.told = now
	return news.counts(l.takeDrops())
}

// takeDrops returns the drops that were not reported yet, sorted by token.
func (l *ledger) takeDrops() (all []tokens.Dropped) {
	for _, token := range slices.Sorted(maps.Keys(l.drops)) {
		all = append(all, tokens.Dropped{Token: token, Calls: l.drops[token]})
	}
	clear(l.drops)
	l.bytes = 0
	return all
}

// totals returns the totals of the generation. Calls start and end while it reads, so the
// order of the reads matters:
//   - a call that was not answered is first counted as such and then as finished. Finished
//     calls are read first. So each finished call that was not answered is known as such,
//     and is not reported as received. A call that ends during the reads may be missing
//     among the received, until the next report;
//   - unsent calls are also read before the finished ones, and that number is reported. A
//     call that ends at that moment may be reported as unsent now and as finished in the
//     next report;
//   - picks are read last, so there are at least as many as finished calls.
func (g *generation) totals() totals {
	unsent := g.notAnswered.unsent.Load()
	over := g.over()
	unused := g.notAnswered.unused.Load()
	over -= unused
	received := over - g.notAnswered.unsent.Load() - g.notAnswered.sent.Load()
	return totals{started: g.begun() - unused, finished: over, unsent: unsent, received: received}
}

// collectDrops adds the calls that g has dropped since it was called last. If the
// ledger is of a newer stream than its list, they are not reported.
func (l *ledger) collectDrops(g *generation) {
	reported := slices.Contains(l.live, g)
	for _, d := range g.dropped() {
		l.all.add(d)
		if reported {
			l.drops[l.keyOf(d.Token)] += d.Calls
		}
	}
}

// The limits of drops. Without them drops could grow for ever: a balancer may send new,
// long tokens in every list and never ask for reports.
const (
	untoldTokens = 10000
	untoldBytes  = 1 << 20 // of the tokens
)

// keyOf returns the token under which a drop is counted: its own or, if the limits are
// reached, the empty one.
func (l *ledger) keyOf(token string) string {
	if _, known := l.drops[token]; known {
		return token
	}
	if len(l.drops) >= untoldTokens || l.bytes+len(token) > untoldBytes {
		return ""
	}
	l.bytes += len(token)
	return token
}

func (t totals) plus(o totals) totals {
	return totals{t.started + o.started, t.finished + o.finished, t.unsent + o.unsent, t.received + o.received}
}

// since returns the difference to told. A figure is negative if gRPC did not use picks that
// were counted before, and there were fewer new ones. lbstream subtracts it from later
// reports (lbstream.Counter).
func (t totals) since(told totals) totals {
	return totals{t.started - told.started, t.finished - told.finished, t.unsent - told.unsent, t.received - told.received}
}

// counts adds the dropped calls. Each counts as started and as finished.
func (t totals) counts(dropped []tokens.Dropped) tokens.Counts {
	c := tokens.Counts{
		Started:       t.started,
		Finished:      t.finished,
		FailedToSend:  t.unsent,
		KnownReceived: t.received,
		Dropped:       dropped,
	}
	for _, d := range dropped {
		c.Started += d.Calls
		c.Finished += d.Calls
	}
	return c
}
