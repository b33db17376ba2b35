package lbstream

import (
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/tokens"
)

// heard is what the present stream has brought so far.
type heard struct {
	any        bool // any message
	initial    bool // an initial response
	list       bool // a server list
	complained bool // something that was logged; the rest of this stream is not
}

// received takes one message of the present stream. The protocol wants an initial
// response first and then other messages. But a list is used whenever it comes, and a
// message out of place is ignored:
// https://github.com/grpc/grpc-proto/blob/master/grpc/lb/v1/load_balancer.proto
func (c *core) received(now time.Time, said received) {
	c.must(open)
	c.heard.any = true
	c.past.messages++
	c.past.bytes += uint64(said.bytes)
	if c.renewed { // the balancer sends something, so a new stream is not needed
		c.renewed = false
		c.tellRetry(standDown{})
	}
	c.said(now, said)
}

// said handles the message by its kind.
func (c *core) said(now time.Time, said received) {
	if said.list != nil {
		c.list(now, said.list)
		return
	}
	switch r := said.response.GetLoadBalanceResponseType().(type) {
	case *lbpb.LoadBalanceResponse_InitialResponse:
		c.initial(now, r.InitialResponse)
	case *lbpb.LoadBalanceResponse_FallbackResponse:
		c.status.Asked = true
	default:
		c.complain("a message of unknown kind")
	}
}

// initial starts the load reports, if the balancer wants them.
func (c *core) initial(now time.Time, r *lbpb.InitialLoadBalanceResponse) {
	if c.heard.initial {
		c.complain("a second initial response")
		return
	}
	c.heard.initial = true
	every, sane := interval(r.GetClientStatsReportInterval())
	if c.counting {
		c.reports.want(now, every)
	}
	if !sane {
		c.complain("a report interval that is invalid or over a year")
	}
}

// sent: the sender is done.
func (c *core) sent(now time.Time) {
	c.must(open)
	c.reports.sent(now)
}

// counted: the counter has answered.
func (c *core) counted(now time.Time, counts tokens.Counts) {
	c.must(open)
	if report, ok := c.reports.counted(now, counts); ok {
		c.past.lastReport = &Report{now, c.number, report}
		c.past.reports++
		c.do(sendReport{statsOf(now, report)})
	}
}

// list takes a list, which may be empty. Any list is contact and ends the round, so the
// channel gets all balancers again and keeps its connection. Only one that is not empty
// takes back the balancer's request for fallback.
func (c *core) list(now time.Time, l *tokens.List) {
	c.heard.list = true
	c.status.Stream, c.status.List = c.number, l
	c.status.Lists++
	c.status.Contact, c.status.Err = true, nil
	if !l.Empty() {
		c.status.FullStream, c.status.Full = c.number, l
		c.status.Fulls++
		c.past.fullAt, c.past.fullNumber = now, c.status.Lists
		c.status.Asked = false
	}
	if len(c.tried) > 0 {
		c.tried = nil
		c.refresh()
	}
}
