package lbstream

import (
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/tokens"
)

// A State describes the stream at one moment. It is immutable.
type State struct {
	Phase     string // "idle", "opening", "open" or "waiting"
	Number    uint64 // of the latest stream
	Status    Status
	Service   string             // that the balancer is asked for
	Balancers []resolver.Address // of the target
	Address   string             // of the balancer, if the stream is open
	Opened    time.Time          // zero if the stream is not open
	Next      time.Time          // when the next stream is opened, if that is waited for

	LastEnd    *End // nil: none has ended
	Messages   uint64
	Bytes      uint64
	FullAt     time.Time  // when Status.Full came
	FullNumber uint64     // how many lists had come then
	Opens      uint64     // streams that gRPC has opened
	LastReport *Report    // nil: none was sent
	Reports    uint64     // sent
	EndsBy     [17]uint64 // Status.Ends by codes.Code; io.EOF is OK, a silent balancer DEADLINE_EXCEEDED
}

// An End is the end of a stream that this side did not end.
type End struct {
	At   time.Time
	From string // the address of the balancer; empty if the stream was not open
	Err  error
}

// A Report is a load report that was sent.
type Report struct {
	At     time.Time
	Stream uint64
	Counts tokens.Counts
}

// history is what is kept for who asks for the State.
type history struct {
	lastEnd    *End
	messages   uint64 // that were received
	bytes      uint64 // of these
	fullAt     time.Time
	fullNumber uint64
	lastReport *Report
	opens      uint64
	reports    uint64
	endsBy     [17]uint64
}

// countEnd counts the end of a stream by its status.
func (h *history) countEnd(err error) {
	code := status.Code(err)
	if _, silent := err.(silence); silent {
		code = codes.DeadlineExceeded
	} else if err == io.EOF {
		code = codes.OK
	}
	if int(code) >= len(h.endsBy) {
		code = codes.Unknown // a balancer may send any number
	}
	h.endsBy[code]++
}

// describe describes the owner's part.
func (o *owner) describe() described {
	d := described{State: o.core.describe(), retry: o.retry}
	d.Address = o.stream.from()
	return d
}

func (c *core) describe() State {
	s := State{
		Phase:      c.phase.String(),
		Number:     c.number,
		Status:     c.status,
		Service:    c.target.Name,
		Balancers:  slices.Clone(c.target.Balancers),
		LastEnd:    c.past.lastEnd,
		Messages:   c.past.messages,
		Bytes:      c.past.bytes,
		FullAt:     c.past.fullAt,
		FullNumber: c.past.fullNumber,
		Opens:      c.past.opens,
		LastReport: c.past.lastReport,
		Reports:    c.past.reports,
		EndsBy:     c.past.endsBy,
	}
	if c.phase == open {
		s.Opened = c.started
	}
	return s
}

func (p phase) String() string {
	switch p {
	case idle:
		return "idle"
	case opening:
		return "opening"
	case open:
		return "open"
	case waiting:
		return "waiting"
	}
	return fmt.Sprintf("phase %d", int(p))
}
