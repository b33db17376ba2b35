package grpclb_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

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
		same(w, "balancer streams", w.lb.Calls(), 1)
	})
}

// It answers each call by hanging up. Callers hear of it at once, and the
// balancer is called some hundred times in three hours.
func TestHostile_HangsUpForEver(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		for range 100 {
			w.lb.NextWithin(time.Hour).HangUp(nil)
			w.fails("fallback", "the balancer ended the stream")
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
