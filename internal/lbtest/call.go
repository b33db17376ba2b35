package lbtest

import (
	"net"
	"testing"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/durationpb"
)

// maxReports bounds the reports that arrived and nobody asked for; the client
// is then held up by flow control.
const maxReports = 4096

// A Call is one BalanceLoad call of a client.
type Call struct {
	// Fixed when the call arrives.
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

// Opened returns when the call arrived.
func (c *Call) Opened() time.Time { return c.opened }

// MD returns the metadata of the call, ":authority" included.
func (c *Call) MD() metadata.MD { return c.md }

// Peer returns the address from which the client called.
func (c *Call) Peer() net.Addr { return c.peer }

// Ended is closed when the client has gone away, or after HangUp.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// Initial sends the initial response, asking for a report in each interval of
// the given length; zero asks for none. It returns as Send does.
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

// Send sends m, which must not be changed any more, and reports whether the
// call was still there to take it. Messages arrive in the order in which one
// goroutine sent them. Send waits while the client's flow control holds up
// the message before.
func (c *Call) Send(m *lbpb.LoadBalanceResponse) bool {
	select {
	case c.say <- m:
		return true
	case <-c.ended:
		return false
	}
}

// HangUp ends the call after what was sent so far, with the status of err;
// nil is OK. It returns when Ended is closed.
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

// Reports yields the load reports, for tests that wait for something else too
// or show that there is none.
func (c *Call) Reports() <-chan *lbpb.ClientStats { return c.reports }
