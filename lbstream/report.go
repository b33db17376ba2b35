package lbstream

import (
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/actorlb/grpclb/tokens"
)

// A Counter counts the calls that were picked from the lists of each stream.
type Counter interface {
	// Count asks what happened by the lists of the stream with this number (see Status)
	// since the last question about it, or since the stream was opened. One answer comes on
	// reply, later and from another goroutine; reply has room for it. If the counter
	// has stopped, no answer comes, and no more reports are sent on that stream.
	//
	// Count must not wait: meanwhile the stream owner does nothing else. There is one
	// question at a time about a stream. If the stream ends with a question out, the next
	// stream may be asked about before the answer comes; the answer is dropped.
	//
	// A figure is negative if more calls were taken back than happened. It is
	// subtracted from later figures, so no report has a negative one.
	Count(stream uint64, reply chan<- tokens.Counts)
}

// Bounds for the time between reports; the protocol has none. With less than the lower
// one a balancer could keep its clients busy with reports alone. More than the upper one is
// taken for a mistake.
const (
	minInterval = 100 * time.Millisecond
	maxInterval = 365 * 24 * time.Hour
)

// interval returns the time between reports that a balancer asks for; zero: none. sane is
// false if the duration is invalid by protobuf's rules or over a year.
func interval(d *durationpb.Duration) (every time.Duration, sane bool) {
	if d == nil {
		return 0, true
	}
	if d.CheckValid() != nil {
		return 0, false
	}
	// AsDuration returns the longest Duration for what does not fit into one.
	switch every = d.AsDuration(); {
	case every <= 0:
		return 0, true
	case every > maxInterval:
		return 0, false
	default:
		return max(every, minInterval), true
	}
}

// statsOf returns a report as a message of the protocol.
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
