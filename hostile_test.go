package grpclb_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// One good entry among everything that can be wrong with one gets all calls.
func TestHostile_List(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		var entries []*lbpb.Server
		for _, token := range []string{"", "\x00", "\xff\xfe", "a\r\nlb-token: b", strings.Repeat("x", 1<<16)} {
			for _, e := range wrong(b[0]) {
				e.LoadBalanceToken = strings.ToValidUTF8(token, "\u00ff")
				entries = append(entries, e)
			}
		}
		good := servers(b[1])[0]
		good.LoadBalanceToken = "a\r\nlb-token: b"
		w.list(w.connect(), append(entries, good)...)
		same(w, "calls", w.calls(3), "2 2 2")
		same(w, "connections of what is wrong", b[0].Conns(), 0)
		same(w, "tokens", strings.Join(b[1].Tokens(), "|"), "||")
	})
}

// Nothing but the last list counts, and a list that is bad altogether does not
// disturb what comes after it.
func TestHostile_ListAfterList(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		c := w.connect()
		for range 50 {
			c.List()
			c.List(wrong(b[0])...)
			c.List(lbtest.Drop("\x00"))
			c.Send(&lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{}})
			c.Fallback()
			c.Initial(-time.Hour)
		}
		w.send(c, b...)
		w.served(1)
		same(w, "balancer calls", w.lb.Calls(), 1)
	})
}

// It answers each call by hanging up. Callers hear of it at once, and the
// balancer is called some hundred times in three hours.
func TestHostile_HangsUpForEver(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		for range 100 {
			w.lb.NextWithin(time.Hour).HangUp(nil)
			w.fails("fallback", "the balancer ended the call")
		}
		if took := time.Since(w.start); took < 2*time.Hour {
			w.Errorf("100 calls in %v", took)
		}
		w.send(w.lb.NextWithin(time.Hour), w.backends(1)...) // and then it is itself again
		w.served(1)
	})
}

func TestHostile_Silent(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		ctx, cancel := context.WithTimeout(w.Context(), 3*time.Second)
		defer cancel()
		hurried, patient := w.begin(ctx), w.begin(w.Context())
		<-hurried.done
		same(w, "end of a call with a deadline", hurried.after, 3*time.Second)
		same(w, "code", status.Code(hurried.err), codes.DeadlineExceeded)
		<-patient.done
		same(w, "end of a call without", patient.after, 10*time.Second)
		same(w, "code", status.Code(patient.err), codes.Unavailable)
		contains(w, patient.err.Error(), "fallback", "balancer", "10s")
	})
}

// The balancer's host swallows every packet.
func TestHostile_Blackhole(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.network.Blackhole(w.lb.Addr(), true)
		p := w.begin(w.Context())
		w.resolve(b[1])
		<-p.done
		same(w, "time of the answer", p.after, 10*time.Second)
		w.pause(10 * time.Minute)
		w.served(2)
		w.network.Blackhole(w.lb.Addr(), false)
		w.send(w.lb.NextWithin(3*time.Minute), b[0])
		w.served(1)
	})
}

// raw passes messages on as the bytes they are.
type raw struct{}

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}
func (raw) Unmarshal(mem.BufferSlice, any) error { return nil }
func (raw) Name() string                         { return "proto" }

// A balancer that sends bytes which are no message, and one whose message is
// larger than gRPC takes (4 MiB).
func TestHostile_Bytes(t *testing.T) {
	for name, message := range map[string][]byte{
		"garbage":   []byte("\xff\xff\xff\xff"),
		"cut short": {0x12, 0x7f, 0x0a},
		"too large": make([]byte, 5<<20),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				b := w.backends(1)
				l, err := w.network.Listen("")
				if err != nil {
					w.Fatal(err)
				}
				s := grpc.NewServer(grpc.ForceServerCodecV2(raw{}), grpc.UnknownServiceHandler(
					func(_ any, stream grpc.ServerStream) error {
						if err := stream.SendMsg(message); err != nil {
							return err
						}
						<-stream.Context().Done()
						return nil
					}))
				w.Cleanup(s.Stop)
				go s.Serve(l)
				w.resolveTo([]resolver.Address{{Addr: l.Addr().String()}}, b...)
				w.served(1)
				same(w, "time to fallback", time.Since(w.start), 0)
				w.pause(time.Hour)
				if dials := len(w.network.Dials(l.Addr().String())); dials > 50 {
					w.Errorf("%d dials in an hour", dials)
				}
				w.served(1)
			})
		})
	}
}

// Balancer addresses of all kinds that nobody can dial.
func TestHostile_Addresses(t *testing.T) {
	for _, addr := range []string{"", ":", "nonsense", "10.0.0.1", "10.0.0.1:0", "[::1", strings.Repeat("x", 1<<16)} {
		inBubble(t, "", func(w *world) {
			b := w.backends(2)
			w.resolveTo([]resolver.Address{{Addr: addr}}, b[1])
			w.served(2)
			w.resolveTo([]resolver.Address{{Addr: addr}, w.lb.Address()}, b[1])
			w.send(w.answered(), b[0])
			w.served(1)
		})
	}
}

// Fallback addresses of which none can be dialled, and the same one often.
func TestHostile_FallbackAddresses(t *testing.T) {
	inBubble(t, "", func(w *world) {
		if err := w.ch.Resolve(nil, "", "nonsense", nobody.Addr, nobody.Addr); err != nil {
			w.Fatal(err)
		}
		w.fails("fallback", "no balancer", "connection refused")
		b := w.backends(1)
		if err := w.ch.Resolve(nil, "nonsense", b[0].Addr(), b[0].Addr()); err != nil {
			w.Fatal(err)
		}
		w.served(1)
		same(w, "connections", b[0].Conns(), 1)
	})
}

// Two hundred thousand entries that mean nothing, and then more drops than
// there are calls: lists of megabytes stop nothing.
func TestHostile_LargeList(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		c := w.connect()
		w.send(c, b...)
		w.served(1)
		bad := make([]*lbpb.Server, 200_000)
		for i := range bad {
			bad[i] = &lbpb.Server{}
		}
		w.list(c, append(bad, servers(b...)...)...)
		w.served(1)
		drops := make([]*lbpb.Server, 20_000)
		for i := range drops {
			drops[i] = lbtest.Drop(fmt.Sprint(i))
		}
		w.list(c, append(drops, servers(b...)...)...)
		same(w, "calls", w.fates(3), "drop drop drop")
		w.send(c, b...)
		w.served(1)
		synctest.Wait()
		same(w, "connections", b[0].Conns(), 1)
	})
}
