package rrgroup

import (
	"fmt"

	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/tokens"
)

// Books are the twin of a ledger: they hear of each call, and add up what the reports on
// these calls should say.
type books struct {
	stream         uint64
	want, reported tokens.Counts
	drops          int64 // that are not reported yet
	unused         int64 // picks
}

// open begins new books if a list came on a newer stream.
func (b *books) open(p *Plan) {
	if p.Provenance == FromBalancer && p.Stream > b.stream {
		*b = books{stream: p.Stream}
	}
}

// mine reports whether a pick by p belongs in these books.
func (b *books) mine(p *Plan) bool {
	return p.Provenance == FromBalancer && p.Stream == b.stream && b.stream != 0
}

func (b *books) picked(p *Plan, err error) {
	switch {
	case !b.mine(p):
	case err == errDropped:
		b.want.Started++
		b.want.Finished++
		b.drops++
	case err == nil:
		b.want.Started++
	}
}

func (b *books) done(p *Plan, how balancer.DoneInfo) {
	if !b.mine(p) {
		return
	}
	b.want.Finished++
	switch {
	case how.BytesReceived:
		b.want.KnownReceived++
	case how.BytesSent:
	case how.Err != nil:
		b.want.FailedToSend++
	default: // not used, so it never was a call
		b.unused++
		b.want.Started--
		b.want.Finished--
	}
}

// audit takes a report and compares the sum of all reports with the books. A pick may be
// reported as started before gRPC says that it was not used. It stays reported, and a
// later pick is not.
func (b *books) audit(c *core) error {
	news := c.ledger.count(b.stream)
	b.reported.Started += news.Started
	b.reported.Finished += news.Finished
	b.reported.FailedToSend += news.FailedToSend
	b.reported.KnownReceived += news.KnownReceived
	for _, d := range news.Dropped {
		b.drops -= d.Calls
	}
	got, want := b.reported, b.want
	if got.Started < want.Started || got.Started > want.Started+b.unused {
		return fmt.Errorf("reports have %d started calls, want %d", got.Started, want.Started)
	}
	got.Started = want.Started
	if fmt.Sprint(got) != fmt.Sprint(want) || b.drops != 0 {
		return fmt.Errorf("reports come to %+v, want %+v; %d drops too few", got, want, b.drops)
	}
	return nil
}
