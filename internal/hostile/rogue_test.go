package hostile

import (
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec that bytes are not for
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A rogue is one of lbtest's until it turns: then its calls are no longer
// the test's to speak through, but are each treated the same.
type rogue struct {
	*lbtest.Balancer
	calls   atomic.Int64
	reports atomic.Int64                       // that calls on hold have got
	treat   atomic.Pointer[func(caller) error] // test → calls
}

func newRogue(t testing.TB, n lbtest.Network) *rogue {
	b := &rogue{}
	b.Balancer = lbtest.NewBalancer(t, n, grpc.StreamInterceptor(b.intercept), grpc.ForceServerCodecV2(either{}))
	return b
}

// turn has later calls treated like this. The error that is returned ends the
// call; nil is OK.
func (b *rogue) turn(treat func(caller) error) { b.treat.Store(&treat) }

func (b *rogue) intercept(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	b.calls.Add(1)
	if treat := b.treat.Load(); treat != nil {
		return (*treat)(caller{s, b})
	}
	return handle(srv, s)
}

// A caller is the balancer's end of a call.
type caller struct {
	grpc.ServerStream
	of *rogue
}

// initial wants a report in each interval of the given length.
func (c caller) initial(every *durationpb.Duration) error {
	return c.SendMsg(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{
			InitialResponse: &lbpb.InitialLoadBalanceResponse{ClientStatsReportInterval: every},
		},
	})
}

func (c caller) list(servers ...*lbpb.Server) error {
	return c.SendMsg(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{ServerList: &lbpb.ServerList{Servers: servers}},
	})
}

// bytes sends a message that is nothing but these bytes.
func (c caller) bytes(b []byte) error { return c.SendMsg(b) }

// hold keeps the call open for as long as the client does.
func (c caller) hold() error {
	var m lbpb.LoadBalanceRequest
	for {
		if err := c.RecvMsg(&m); err != nil {
			return nil // it has gone, and hears of no error
		}
		if m.GetClientStats() != nil {
			c.of.reports.Add(1)
		}
	}
}

// either is a codec that takes bytes for messages, besides messages.
type either struct{}

func (either) Marshal(v any) (mem.BufferSlice, error) {
	if b, raw := v.([]byte); raw {
		return mem.BufferSlice{mem.SliceBuffer(b)}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

func (either) Unmarshal(b mem.BufferSlice, v any) error {
	return encoding.GetCodecV2("proto").Unmarshal(b, v)
}

func (either) Name() string { return "proto" }
