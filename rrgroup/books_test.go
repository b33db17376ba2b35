package rrgroup

import (
	"fmt"

	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/tokens"
)

// Books are the twin of a ledger: they are told of each single call and add up
// what the reports on it should come to.
type books struct {
	stream         uint64
	want, reported tokens.Counts
	drops          int64 // that are not reported yet
	unused         int64 // picks
}

// open begins new books if a list came from a newer call to the balancer.
func (b *books) open(p *Plan) {
	if p.Provenance == FromBalancer && p.Stream > b.stream {
		*b = books{stream: p.Stream}
	}
}

// mine reports whether what p picked belongs into these books.
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

// audit takes a report and holds the sum of all against the books. A pick that
// was reported as started before it was not used stays reported, in the place
// of a later one.
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
