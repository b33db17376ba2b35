package lbserver

import (
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"

	"github.com/actorlb/grpclb/internal/codename"
)

// Totals count what has happened since New. None of them ever falls.
type Totals struct {
	Opened uint64            `json:"opened"` // streams
	Ended  map[string]uint64 `json:"ended"`  // of these, how many have ended with each status, such as "NOT_FOUND"

	Answers   uint64 `json:"answers"`   // that were set, without those equal to the one before
	Encoded   uint64 `json:"encoded"`   // how often an answer was encoded for all clients of a compressor
	Sent      uint64 `json:"sent"`      // answers that were handed to connections
	SentBytes uint64 `json:"sentBytes"` // of these, without compression
	Reports   uint64 `json:"reports"`   // load reports that came
}

// tally is what the loop counts for Totals.
type tally struct {
	opened  uint64
	ends    [codename.Count]uint64 // by codes.Code
	encoded uint64
	sent    uint64
	bytes   uint64
	reports uint64
}

func (t *tally) ended(code codes.Code) { t.ends[codename.Known(code)]++ }

// handed notes that a connection has another answer. No bytes: it had an equal one.
func (t *tally) handed(bytes int) {
	if bytes > 0 {
		t.sent++
		t.bytes += uint64(bytes)
	}
}

func (t *tally) totals(answers uint64) Totals {
	ended := map[string]uint64{}
	for code, n := range t.ends {
		if n > 0 {
			ended[codename.Of(codes.Code(code))] = n
		}
	}
	return Totals{
		Opened: t.opened, Ended: ended, Answers: answers,
		Encoded: t.encoded, Sent: t.sent, SentBytes: t.bytes, Reports: t.reports,
	}
}

// Calls are RPCs of clients, as load reports count them. They are what clients say: the
// balancer does not see these RPCs.
type Calls struct {
	Started       uint64 `json:"started"`
	Finished      uint64 `json:"finished"`
	FailedToSend  uint64 `json:"failedToSend"`  // of the finished: they did not reach a backend
	KnownReceived uint64 `json:"knownReceived"` // of the finished: a backend has answered

	// Dropped are of the finished: those dropped by an entry of the list, by its token, in
	// the order of the tokens. OtherTokens is in the place of all tokens that are not kept
	// apart.
	Dropped []DropState `json:"dropped,omitempty"`
}

// A DropState says how many RPCs were dropped for a token.
type DropState struct {
	Token string `json:"token"`
	Calls uint64 `json:"calls"`
}

// A ReportState is a client's load report: its RPCs since its report before.
type ReportState struct {
	At time.Time `json:"at"` // when it came
	Calls
}

// newReport returns what is kept of a load report. Numbers below zero, which no client should
// send, count as zero.
func newReport(stats *lbpb.ClientStats, at time.Time) *ReportState {
	var all drops
	for _, d := range stats.GetCallsFinishedWithDrop() {
		all.keep(d.GetLoadBalanceToken(), reportTokens)
		all.add(d.GetLoadBalanceToken(), natural(d.GetNumCalls()))
	}
	return &ReportState{At: at, Calls: Calls{
		Started:       natural(stats.GetNumCallsStarted()),
		Finished:      natural(stats.GetNumCallsFinished()),
		FailedToSend:  natural(stats.GetNumCallsFinishedWithClientFailedToSend()),
		KnownReceived: natural(stats.GetNumCallsFinishedKnownReceived()),
		Dropped:       all.list(),
	}}
}

func natural(n int64) uint64 { return uint64(max(n, 0)) }

// add adds a report of a client to the sums of its service.
func (s *service) add(r *ReportState) {
	s.reports++
	s.calls.Started += r.Started
	s.calls.Finished += r.Finished
	s.calls.FailedToSend += r.FailedToSend
	s.calls.KnownReceived += r.KnownReceived
	for _, d := range r.Dropped {
		s.drops.add(d.Token, d.Calls)
	}
}

// sums returns the calls of the service's clients, in a value of its own.
func (s *service) sums() Calls {
	c := s.calls
	c.Dropped = s.drops.list()
	return c
}
