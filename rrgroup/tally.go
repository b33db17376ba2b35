package rrgroup

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/actorlb/grpclb/tokens"
)

// A Tally is what happened in a group since its start, in sums. It is immutable.
type Tally struct {
	SubConns [4]int           // not shut down, by connectivity.State, from IDLE to TRANSIENT_FAILURE
	Started  int64            // calls that were sent to a backend; may fall by the calls that gRPC took back
	Dropped  []tokens.Dropped // by token, in the order of the tokens; see drops

	Handovers uint64          // how often a generation replaced another
	Took      []time.Duration // how long the latest of them took, oldest first; at most tookKept
}

// tally sums up. It looks at no SubConn and at no entry: with 10,000 of them that would take
// a millisecond, in which the group does nothing else.
func (c *core) tally() Tally {
	t := Tally{
		SubConns: c.pool.states, Started: c.past.started,
		Handovers: c.handovers.n, Took: c.handovers.latest(),
	}
	for _, g := range c.generations() {
		t.Started += g.started()
		c.ledger.collectDrops(g)
	}
	t.Dropped = c.ledger.all.list()
	return t
}

// generations returns those that are not drained.
func (c *core) generations() []*generation {
	all := slices.Clone(c.draining)
	for _, g := range []*generation{c.outgoing, c.current, c.incoming} {
		if g != nil {
			all = append(all, g)
		}
	}
	return all
}

// drops are the calls that were dropped since the start, by token. A token that comes when
// tokensKept are known, that is longer than tokenLength, or that is not UTF-8, counts under
// OtherTokens: a balancer may use new tokens in every list.
type drops map[string]int64

const (
	tokensKept  = 32
	tokenLength = 64

	// OtherTokens stands in a Tally for the tokens that are not counted apart.
	OtherTokens = "(other)"
)

func (d *drops) add(dropped tokens.Dropped) {
	if *d == nil {
		*d = drops{}
	}
	token := dropped.Token
	if _, known := (*d)[token]; !known && (len(*d) >= tokensKept || len(token) > tokenLength || !utf8.ValidString(token)) {
		token = OtherTokens
	}
	(*d)[token] += dropped.Calls
}

func (d drops) list() []tokens.Dropped {
	all := make([]tokens.Dropped, 0, len(d))
	for token, calls := range d {
		all = append(all, tokens.Dropped{Token: token, Calls: calls})
	}
	slices.SortFunc(all, func(a, b tokens.Dropped) int { return cmp.Compare(a.Token, b.Token) })
	return all
}

// tookKept is how many durations are kept of handovers.
const tookKept = 16

// handovers are the times when a generation replaced another.
type handovers struct {
	n    uint64
	took [tookKept]time.Duration // of number n at n%tookKept
}

func (h *handovers) add(took time.Duration) {
	h.took[h.n%tookKept] = took
	h.n++
}

func (h *handovers) latest() (took []time.Duration) {
	for i := h.n - min(h.n, tookKept); i < h.n; i++ {
		took = append(took, h.took[i%tookKept])
	}
	return took
}
