package lbtest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func initialResponse(interval *durationpb.Duration) *lbpb.LoadBalanceResponse {
	return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{
		InitialResponse: &lbpb.InitialLoadBalanceResponse{ClientStatsReportInterval: interval},
	}}
}

func serverList(servers ...*lbpb.Server) *lbpb.LoadBalanceResponse {
	return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{
		ServerList: &lbpb.ServerList{Servers: servers},
	}}
}

func TestCall_SaysWhatItIsTold(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network)
		client := call(t, network, b, initialRequest("fruit"))
		c := b.Next()
		one, two := Server("10.0.0.1:80", "one"), Drop("two")
		unknown := &lbpb.LoadBalanceResponse{}
		go func() {
			c.Initial(0)
			c.Initial(3 * time.Second)
			c.List(one, two)
			c.List()
			c.Fallback()
			c.Send(unknown)
		}()
		client.expect(initialResponse(nil))
		client.expect(initialResponse(durationpb.New(3 * time.Second)))
		client.expect(serverList(one, two))
		client.expect(serverList())
		client.expect(&lbpb.LoadBalanceResponse{
			LoadBalanceResponseType: &lbpb.LoadBalanceResponse_FallbackResponse{FallbackResponse: &lbpb.FallbackResponse{}},
		})
		client.expect(unknown)
	})
}

func TestCall_HangUpEndsItAfterWhatWasSaid(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network)
		for _, end := range []error{nil, status.Error(codes.ResourceExhausted, "enough")} {
			client := call(t, network, b, initialRequest("fruit"))
			c := b.Next()
			if !c.List() {
				t.Error("List found the call gone")
			}
			c.HangUp(end)
			select {
			case <-c.Ended():
			default:
				t.Error("HangUp returned before the end")
			}
			if c.List() {
				t.Error("List found the call still there")
			}
			c.HangUp(nil) // does nothing

			client.expect(serverList())
			_, err := client.stream.Recv()
			if end == nil && !isEOF(err) || end != nil && status.Code(err) != status.Code(end) {
				t.Errorf("the call ended with %v, want %v", err, end)
			}
		}
	})
}

func TestCall_EndedTellsThatTheClientIsGone(t *testing.T) {
	for _, way := range []struct {
		name  string
		leave func(Network, *Balancer, *client)
	}{
		{"cancelled", func(_ Network, _ *Balancer, c *client) { c.leave() }},
		{"half closed", func(_ Network, _ *Balancer, c *client) { c.stream.CloseSend() }},
		{"cut", func(n Network, b *Balancer, _ *client) { n.Cut(b.Addr()) }},
	} {
		t.Run(way.name, func(t *testing.T) {
			onEachNetwork(t, func(t *testing.T, network Network) {
				b := NewBalancer(t, network)
				client := call(t, network, b, initialRequest("fruit"))
				c := b.Next()
				select {
				case <-c.Ended():
					t.Fatal("ended too early")
				default:
				}
				begin := time.Now()
				way.leave(network, b, client)
				<-c.Ended()
				if inMemory(network) && time.Since(begin) != 0 {
					t.Errorf("took %v, want no time", time.Since(begin))
				}
			})
		})
	}
}

func TestCall_ReportsAreTheClients(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network)
		client := call(t, network, b, initialRequest("fruit"))
		c := b.Next()
		client.send(report(1))
		client.send(report(2))
		for want := int64(1); want <= 2; want++ {
			if got := c.Report().GetNumCallsStarted(); got != want {
				t.Errorf("report of %d calls, want %d", got, want)
			}
		}
		select {
		case r := <-c.Reports():
			t.Errorf("a report that nobody sent: %v", r)
		default:
		}
	})
}

func TestCall_ReportFailsAfterTenSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		j := newJudge(t)
		b := NewBalancer(j, network)
		call(t, network, b, initialRequest("fruit"))
		c, begin := b.Next(), time.Now()
		wrong := j.verdict(func() { c.Report() })
		if len(wrong) != 1 || !strings.Contains(wrong[0], "waited 10s for a load report") {
			t.Errorf("said %q, want that it waited for a report", wrong)
		}
		if waited := time.Since(begin); waited != 10*time.Second {
			t.Errorf("waited %v, want 10s", waited)
		}
	})
}

func TestCall_WantsOneInitialRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		j := newJudge(t)
		b := NewBalancer(j, network)
		client := call(t, network, b, initialRequest("fruit"))
		c := b.Next()
		client.send(initialRequest("again"))
		client.send(report(1))
		c.Report() // the call goes on
		if wrong := j.verdict(func() {}); len(wrong) != 1 {
			t.Errorf("said %q, want that a second initial request came", wrong)
		}
	})
}

// A client that does not read is not buried: what it has not taken holds up
// the balancer.
func TestCall_FlowControlHoldsUpSend(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network)
		client := call(t, network, b, initialRequest("fruit"))
		c := b.Next()
		big := make([]*lbpb.Server, 1000)
		for i := range big {
			big[i] = Server("10.0.0.1:80", "0123456789012345678901234567890123456789")
		}
		const lists = 40
		sent := make(chan bool, lists)
		go func() {
			for range lists {
				sent <- c.List(big...)
			}
		}()
		synctest.Wait()
		if n := len(sent); n == 0 || n > lists/2 {
			t.Errorf("%d of %d lists went out to a client that does not read", n, lists)
		}
		for range lists {
			if _, err := client.stream.Recv(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
