package lbtest

import (
	"net"
	"testing"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/durationpb"
)

// maxReports bounds the reports that the test has not received yet. Above it, flow control
// stops the client.
const maxReports = 4096

// A Call is one BalanceLoad stream of a client.
type Call struct {
	// Fixed when the stream arrives.
	t      testing.TB
	name   string
	opened time.Time
	md     metadata.MD
	peer   net.Addr

	say     chan *lbpb.LoadBalanceResponse // test → handler
	hangUp  chan error                     // test → handler, which then ends
	reports chan *lbpb.ClientStats         // reader → test
	ended   chan struct{}                  // closed by the handler
}

// Name returns the name in the initial request.
func (c *Call) Name() string { return c.name }

// Opened returns when the stream arrived.
func (c *Call) Opened() time.Time { return c.opened }

// MD returns the metadata of the call, ":authority" included.
func (c *Call) MD() metadata.MD { return c.md }

// Peer returns the address of the client.
func (c *Call) Peer() net.Addr { return c.peer }

// Ended is closed when the client is gone, or after HangUp.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// Initial sends the initial response, which asks for reports at this interval; zero asks for
// none. It returns as Send does.
func (c *Call) Initial(reportEvery time.Duration) bool {
	initial := &lbpb.InitialLoadBalanceResponse{}
	if reportEvery != 0 {
		initial.ClientStatsReportInterval = durationpb.New(reportEvery)
	}
	return c.Send(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{InitialResponse: initial},
	})
}

// List sends a server list; without servers, an empty one. It returns as Send
// does.
func (c *Call) List(servers ...*lbpb.Server) bool {
	list := &lbpb.ServerList{Servers: servers}
	return c.Send(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{ServerList: list},
	})
}

// Fallback asks the client to use its fallback addresses. It returns as Send
// does.
func (c *Call) Fallback() bool {
	return c.Send(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_FallbackResponse{FallbackResponse: &lbpb.FallbackResponse{}},
	})
}

// Send sends m, which must not change after that, and reports whether the stream was still
// open. Messages of one goroutine arrive in order. Send waits while flow control holds the
// message before.
func (c *Call) Send(m *lbpb.LoadBalanceResponse) bool {
	select {
	case c.say <- m:
		return true
	case <-c.ended:
		return false
	}
}

// HangUp ends the stream, after the messages before, with the status of err; nil is OK. It returns when Ended is closed.
func (c *Call) HangUp(err error) {
	select {
	case c.hangUp <- err:
	case <-c.ended:
	}
	<-c.ended
}

// Report waits for the next load report. It fails the test if none comes
// within ten seconds.
func (c *Call) Report() *lbpb.ClientStats {
	c.t.Helper()
	return receive(c.t, c.reports, patience, "a load report")
}

// Reports yields the load reports, for tests that also wait for something else, or show that
// there is none.
func (c *Call) Reports() <-chan *lbpb.ClientStats { return c.reports }
