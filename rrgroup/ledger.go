package rrgroup

import (
	"maps"
	"slices"

	"github.com/actorlb/grpclb/tokens"
)

// A ledger counts the calls that were picked from the lists of one stream, and how
// they ended. A list from a newer stream begins a new ledger: calls that are still in
// flight from older lists are not reported on it.
type ledger struct {
	stream uint64           // the number of the newest stream that a list came from
	live   []*generation    // made from its lists, and not drained
	past   totals           // of those that have drained
	drops  map[string]int64 // by those that have drained, and not told
	bytes  int              // of the tokens in drops
	told   totals
}

// totals are what became of calls since some beginning.
type totals struct{ started, finished, unsent, received int64 }

// open takes a new generation into the ledger.
func (l *ledger) open(g *generation) {
	if g.plan.Provenance != FromBalancer || g.plan.Stream == 0 || g.plan.Stream < l.stream {
		return
	}
	if g.plan.Stream > l.stream {
		*l = ledger{stream: g.plan.Stream, drops: map[string]int64{}}
	}
	l.live = append(l.live, g)
}

// fold takes a generation that has drained off the list of those that have to
// be asked: nothing will happen to it any more.
func (l *ledger) fold(g *generation) {
	i := slices.Index(l.live, g)
	if i < 0 {
		return
	}
	l.live = slices.Delete(l.live, i, i+1)
	l.past = l.past.plus(g.totals())
	l.collectDrops(g)
}

// count returns what has happened since it was asked last. It is nothing if
// the newest list came from another stream.
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

// takeDrops returns the drops that were not told yet, by token.
func (l *ledger) takeDrops() (all []tokens.Dropped) {
	for _, token := range slices.Sorted(maps.Keys(l.drops)) {
		all = append(all, tokens.Dropped{Token: token, Calls: l.drops[token]})
	}
	clear(l.drops)
	l.bytes = 0
	return all
}

// totals returns what became of the generation's calls, without drops. Calls
// begin and end while it reads, so the order of the reads matters:
//   - how a call ended is counted before it is counted as finished. So of the
//     finished calls, those that were not answered are all known when that is read
//     afterwards, and none of them is taken for a received one. A call that ends just
//     now may be missing among the received;
//   - what is unsent is read once more before, so that no report has more unsent
//     calls than there are. Such a call may be finished only in the next report;
//   - the picks are read last, so there are at least as many as finished calls.
func (g *generation) totals() totals {
	unsent := g.odd.unsent.Load()
	over := g.over()
	unused := g.odd.unused.Load()
	over -= unused
	received := over - g.odd.unsent.Load() - g.odd.unanswered.Load()
	return totals{started: g.begun() - unused, finished: over, unsent: unsent, received: received}
}

// collectDrops adds what g has dropped since it was asked last.
func (l *ledger) collectDrops(g *generation) {
	for _, d := range g.dropped() {
		l.drops[l.keyOf(d.Token)] += d.Calls
	}
}

// What a ledger keeps for the next count is bounded: a balancer may never ask for
// reports, and use new tokens in every list, as long as a message may be.
const (
	untoldTokens = 10000
	untoldBytes  = 1 << 20 // of the tokens
)

// keyOf returns the token to count drops under: its own, unless there are too
// many. Those that are too many share the empty one.
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

// since returns what has happened since told. A figure is negative if more picks were
// taken back than made; the report makes up for it (lbstream.Counter).
func (t totals) since(told totals) totals {
	return totals{t.started - told.started, t.finished - told.finished, t.unsent - told.unsent, t.received - told.received}
}

// counts adds the dropped calls, which start and finish at once.
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
