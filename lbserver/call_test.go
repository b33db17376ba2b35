package lbserver

import (
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

func TestFirstMessage_MustBeAnInitialRequest(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	for _, test := range []struct {
		name  string
		first *lbpb.LoadBalanceRequest // nil: the client half-closes
		says  string
	}{
		{"a report", report(1), "first message"},
		{"nothing known", &lbpb.LoadBalanceRequest{}, "first message"},
		{"no message", nil, "without an initial request"},
		{"an endless name", initialRequest(strings.Repeat("x", 256)), "256 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := open(t, r.connect(t))
			if test.first != nil {
				c.say(test.first)
			} else if err := c.CloseSend(); err != nil {
				t.Fatal(err)
			}
			if text := c.wantEnd(codes.InvalidArgument); !strings.Contains(text, test.says) {
				t.Errorf("%q does not say %q", text, test.says)
			}
		})
	}
}

func TestLaterMessages(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	c := r.join(t, greeter)
	c.wantList(entry(1))

	// One without a known kind is ignored, and so is a report nobody wants.
	c.say(&lbpb.LoadBalanceRequest{})
	c.say(report(1))
	r.set(t, greeter, one(2))
	c.wantList(entry(2))

	c.say(initialRequest("another"))
	if text := c.wantEnd(codes.InvalidArgument); !strings.Contains(text, "second initial request") {
		t.Errorf("the end says %q", text)
	}
}

// A client that has nothing more to say is still told about changes, as by
// tools that send one request and listen.
func TestHalfClosedClient_IsStillTold(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	c := r.join(t, greeter)
	c.wantList(entry(1))
	if err := c.CloseSend(); err != nil {
		t.Fatal(err)
	}
	r.set(t, greeter, one(2))
	c.wantList(entry(2))
	r.Remove(greeter)
	c.wantEnd(codes.NotFound)
}

func TestReports_ReachTheCallbackInOrder(t *testing.T) {
	reports := make(chan Report, 10)
	r := onLoopback(t, Options{OnReport: func(rep Report) { reports <- rep }})
	r.set(t, greeter, one(1))
	cc := r.connect(t)
	var where peer.Peer
	c := ask(t, cc, greeter)
	c.wantInitial(0)
	for n := range int64(3) {
		c.say(report(n))
	}
	for n := range int64(3) {
		got := <-reports
		if got.Service != greeter || got.Stats.NumCallsStarted != n {
			t.Errorf("got %v, want report %d", got, n)
		}
		where = *got.Peer
	}
	if where.Addr == nil || !strings.HasPrefix(where.Addr.String(), "127.0.0.1:") {
		t.Errorf("the reports came from %v", where.Addr)
	}
}

// A report that is taken slowly delays neither lists nor other clients' reports.
func TestReports_SlowCallbackDelaysItsClientOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, heard := make(chan struct{}), make(chan string, 10)
		r := inMemory(t, Options{OnReport: func(rep Report) {
			if rep.Service == "slow" {
				<-release
			}
			heard <- rep.Service
		}})
		r.set(t, "slow", one(1))
		r.set(t, "quick", one(2))
		slow, quick := r.join(t, "slow"), r.join(t, "quick")
		slow.wantList(entry(1))
		slow.say(report(1))
		synctest.Wait()
		quick.say(report(1))
		if got := <-heard; got != "quick" {
			t.Errorf("heard from %s first", got)
		}
		r.set(t, "slow", one(3))
		slow.wantList(entry(3))
		close(release)
		if got := <-heard; got != "slow" {
			t.Errorf("heard from %s", got)
		}
	})
}

// The balancer needs nothing from gRPC but the stream.
func TestReport_PeerIsNeverNil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := make(chan Report, 1)
		b := New(Options{OnReport: func(rep Report) { reports <- rep }})
		defer b.Close()
		if err := b.SetFallback(greeter); err != nil {
			t.Fatal(err)
		}
		w, _, result := serve(b)
		w.recvs <- initialRequest(greeter)
		<-w.sends
		<-w.sends
		w.recvs <- report(1)
		if got := <-reports; got.Peer == nil {
			t.Error("no peer")
		}
		b.Remove(greeter)
		<-result
	})
}

// The stream's headers are the server's own: nothing of the client's metadata
// is needed or echoed.
func TestClient_MetadataIsIgnored(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-service", "other", "lb-token", "x")
	stream, err := lbpb.NewLoadBalancerClient(r.connect(t)).BalanceLoad(ctx, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	c := &client{BidiStreamingClient: stream, t: t}
	c.say(initialRequest(greeter))
	c.wantInitial(0)
	c.wantList(entry(1))
	header, err := stream.Header()
	if err != nil || len(header.Get("lb-token")) != 0 {
		t.Errorf("header %v, %v", header, err)
	}
}
