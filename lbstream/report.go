package lbstream

import (
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/actorlb/grpclb/tokens"
)

// A Counter knows what became of the calls that the lists of each call to the
// balancer were used for.
type Counter interface {
	// Count asks what has happened in the call of this number (see Status) since
	// the stream last asked about it; the first time, since it was opened. The
	// answer is sent on reply once, later, and from another goroutine; reply has
	// room for it. It may never come if the counter has stopped: that call is
	// then not reported on again.
	//
	// Count must not wait, since the stream does nothing else meanwhile. There is
	// one question out about a call at a time; but a call may end with a question
	// out, and the answer is then dropped while the next call is asked about.
	//
	// A figure is negative if more was taken back than has happened. What happens
	// later makes up for that, so that a report never has a negative one.
	Count(stream uint64, reply chan<- tokens.Counts)
}

// Bounds of the time between reports. The protocol sets none. The lower one
// keeps a balancer from having its clients do nothing but report; what is above
// the upper one cannot have been meant, and clocks overflow long after it.
const (
	minInterval = 100 * time.Millisecond
	maxInterval = 365 * 24 * time.Hour
)

// interval returns the time between reports that a balancer wants; zero means
// none. It also reports whether that is something to want: an interval that is
// over a year, or no duration at all by the rules of its protocol, is not.
func interval(d *durationpb.Duration) (every time.Duration, sane bool) {
	if d == nil {
		return 0, true
	}
	if d.CheckValid() != nil {
		return 0, false
	}
	// What does not fit into a time.Duration comes out as the longest.
	switch every = d.AsDuration(); {
	case every <= 0:
		return 0, true
	case every > maxInterval:
		return 0, false
	default:
		return max(every, minInterval), true
	}
}

// statsOf puts a report into the protocol's words.
func statsOf(now time.Time, c tokens.Counts) *lbpb.ClientStats {
	stats := &lbpb.ClientStats{
		Timestamp:                              timestamppb.New(now),
		NumCallsStarted:                        c.Started,
		NumCallsFinished:                       c.Finished,
		NumCallsFinishedWithClientFailedToSend: c.FailedToSend,
		NumCallsFinishedKnownReceived:          c.KnownReceived,
	}
	for _, d := range c.Dropped {
		stats.CallsFinishedWithDrop = append(stats.CallsFinishedWithDrop,
			&lbpb.ClientStatsPerToken{LoadBalanceToken: d.Token, NumCalls: d.Calls})
	}
	return stats
}
