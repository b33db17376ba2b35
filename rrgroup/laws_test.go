package rrgroup

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/tokens"
)

// A court checks an ensemble for what its twin does not know: to which entry a pick goes,
// which calls are dropped, who connects, who lingers and for how long, which epochs are
// released, and what old pickers return.
type court struct {
	*ensemble
	stale []*roundRobin // pickers of retired generations

	pickers map[*generation]*roundRobin // the latest of each
	held    map[*generation][]*subConn  // its SubConns; once it is retired, those that calls may be on
	given   map[*generation]bool        // that was taken care of
	asked   map[*subConn]bool           // to connect, since it went idle
	meant   map[*subConn]bool           // to be connected, at some time in this batch of events
	needing map[*subConn]bool           // a plan or a call, at some time in this batch of events
	named   map[*subConn]time.Time      // when it was needed last
	since   map[*generation]int         // the place picked last; as drawn, before that
	turns   int                         // of the drops
	owed    int                         // of them, to later calls
	epoch   uint64                      // of the latest picker that parks calls
}

func newCourt() *court {
	return &court{
		ensemble: newEnsemble(Settings{Linger: 3 * time.Second, Handover: 5 * time.Second}),
		pickers:  map[*generation]*roundRobin{},
		held:     map[*generation][]*subConn{},
		given:    map[*generation]bool{},
		asked:    map[*subConn]bool{},
		meant:    map[*subConn]bool{},
		needing:  map[*subConn]bool{},
		named:    map[*subConn]time.Time{},
		since:    map[*generation]int{},
	}
}

// step is the ensemble's step, with more events.
func (c *court) step(what, which byte) error {
	n := int(which)
	var err error
	switch what % 10 {
	case 0, 1:
		c.adopt(n)
	case 2, 3:
		c.reports(n)
	case 4, 5:
		err = c.picks()
	case 6:
		c.finish(n)
	case 7:
		c.now = c.now.Add(time.Duration(n) * 40 * time.Millisecond)
	case 8:
		err = c.picksOfOld(n)
	default:
		c.tell()
		if err = c.books.audit(c.core); n%8 == 0 {
			c.core.settings.Handover = time.Duration(n) * 100 * time.Millisecond
		}
	}
	if err != nil || what >= 128 {
		return err // settle with the next one
	}
	return c.settles()
}

func (c *court) adopt(n int) {
	plan := c.fromCall(plans[n%len(plans)], n)
	c.twin.adopt(plan, c.now, &c.core.pool)
	c.give(c.core.incoming) // which is replaced
	c.core.adopt(plan, c.now, uint64(n))
	c.books.open(plan)
	c.held[c.core.incoming] = slices.Clone(c.core.incoming.conns())
	for _, conn := range c.core.incoming.conns() {
		c.meant[conn], c.needing[conn] = true, true
	}
	if size := plan.size(); size > 0 {
		c.since[c.core.incoming] = n % size
	}
}

// reports is report, and notes which SubConns have to be connected again.
func (c *court) reports(n int) {
	c.report(n)
	for _, conn := range c.conns {
		if conn.state != connectivity.Idle {
			c.asked[conn] = false
		}
	}
}

// picks picks once. The drops take turns over the whole list. A call that passes goes to
// the next READY entry after the one that was picked last.
func (c *court) picks() error {
	p, ok := c.picker.(*roundRobin)
	if !ok {
		c.pick()
		if _, ok := c.picker.(dropping); ok {
			c.turns++
		}
		return nil
	}
	g := p.ready[0].generation
	entries := g.plan.List
	dropped := false
	if g.plan.drops() {
		dropped = c.takesTurn(entries.Entries)
	}
	calls := len(c.calls)
	c.pick()
	switch {
	case dropped != (len(c.calls) == calls):
		return fmt.Errorf("turn %d of the drops: dropped %t", c.turns, !dropped)
	case dropped:
		return nil
	}
	place := p.after(c.since[g], len(g.conns()))
	if got := c.calls[calls].SubConn; got != g.conns()[place].sc {
		return fmt.Errorf("a pick after place %d did not go to place %d", c.since[g], place)
	}
	c.since[g] = place
	return nil
}

// takesTurn takes an owed turn of the drops, or the next turn of a list. It reports
// whether that drops the call.
func (c *court) takesTurn(places []*tokens.Entry) bool {
	if c.owed > 0 {
		c.owed--
		return false
	}
	c.turns++
	return places[(c.turns-1)%len(places)].Drop
}

// finish is the ensemble's finish. If gRPC did not use the pick, its turn is owed.
func (c *court) finish(n int) {
	if how := outcomes[n/2%len(outcomes)]; len(c.calls) > 0 && !how.BytesSent && how.Err == nil && c.calls[n%len(c.calls)].by.drops() {
		c.owed++
	}
	c.ensemble.finish(n)
}

// after returns the first place in p after the one that was picked last. The places of a
// picker were compared with the twin's when it was published.
func (p *roundRobin) after(last, n int) int {
	for i := 1; ; i++ {
		place := (last + i) % n
		if slices.ContainsFunc(p.ready, func(e *entry) bool { return e.place() == place }) {
			return place
		}
	}
}

// picksOfOld asks a replaced picker, which a call may still hold. That takes no turn.
func (c *court) picksOfOld(n int) error {
	if len(c.stale) == 0 {
		return nil
	}
	p := c.stale[n%len(c.stale)]
	if r, err := p.Pick(pickInfo); err != balancer.ErrNoSubConnAvailable {
		return fmt.Errorf("a picker of a retired generation returned %v, %v", r.SubConn, err)
	}
	return nil
}

func TestCore_KeepsTheLaws(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 2))
		steps := make([]byte, 2*random.IntN(120))
		for i := range steps {
			steps[i] = byte(random.Uint32())
		}
		if err := judge(steps); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func FuzzCoreLaws(f *testing.F) {
	f.Add([]byte{0, 0, 2, 2, 4, 0, 4, 0, 2, 9, 4, 0, 0, 4, 2, 2, 8, 0, 7, 75})
	f.Fuzz(func(t *testing.T, steps []byte) {
		if err := judge(steps); err != nil {
			t.Error(err)
		}
	})
}

// judge does the steps that the bytes say, and then calls rest.
func judge(steps []byte) error {
	c := newCourt()
	for i := 0; i+1 < len(steps); i += 2 {
		if err := c.step(steps[i], steps[i+1]); err != nil {
			return fmt.Errorf("after step %d: %w", i/2, err)
		}
	}
	if err := c.settles(); err != nil {
		return err
	}
	return c.rest()
}
