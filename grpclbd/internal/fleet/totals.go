package fleet

import (
	"maps"
	"math"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
)

// Totals are what clients have reported since the fleet was started.
type totals struct {
	store.Total                 // without Clients and Drained, which are found when somebody asks
	tokens      map[string]bool // that drops have or had
}

// otherDrops is where drops are counted under a token that no drop has or had: clients say what
// they like, and the map must not grow with it.
const otherDrops = "(other)"

func newTotals(service string) totals {
	return totals{store.Total{Service: service, Drops: map[string]int64{}}, map[string]bool{}}
}

// expect takes the tokens of the drops that there are now.
func (t *totals) expect(drops []config.Drop) {
	for _, d := range drops {
		t.tokens[d.Token] = true
	}
}

// add counts a report.
func (t *totals) add(s *lbpb.ClientStats) {
	t.Started = plus(t.Started, s.NumCallsStarted)
	t.Finished = plus(t.Finished, s.NumCallsFinished)
	t.Failed = plus(t.Failed, s.NumCallsFinishedWithClientFailedToSend)
	t.Known = plus(t.Known, s.NumCallsFinishedKnownReceived)
	for _, d := range s.CallsFinishedWithDrop {
		token := d.LoadBalanceToken
		if !t.tokens[token] {
			token = otherDrops
		}
		t.Drops[token] = plus(t.Drops[token], d.NumCalls)
	}
}

// now returns a copy.
func (t *totals) now() store.Total {
	total := t.Total
	total.Drops = maps.Clone(t.Drops)
	return total
}

// plus adds what a client says. A negative number counts as none, and the sum stays at the greatest
// number.
func plus(sum, n int64) int64 {
	if n < 0 {
		n = 0
	}
	if sum > math.MaxInt64-n {
		return math.MaxInt64
	}
	return sum + n
}
