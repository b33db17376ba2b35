package grpclb_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

func TestStream_Start(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.waits()
		w.pause(time.Hour)
		same(w, "balancer streams before the first update", w.lb.Calls(), 0)
		resolved := time.Now()
		w.resolve()
		same(w, "time from the update to the call", w.lb.Next().Opened().Sub(resolved), 0)
	})
}

func TestStream_StartWithoutBalancers(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolveTo(nil, w.backends(1)...)
		w.served(1)
		same(w, "time to fallback", time.Since(w.start), 0)
		same(w, "balancer streams", w.lb.Calls(), 0)
	})
}

func TestStream_Channel(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		second, backend := w.balancer(), w.backends(1)[0]
		w.resolveTo([]resolver.Address{w.lb.Address(), second.Address()})
		w.send(w.answered(), backend)
		same(w, "connections to the first balancer", w.lb.Conns(), 1)
		same(w, "connections to the second balancer", second.Conns(), 0)
		w.lb.Stop()
		c := second.NextWithin(time.Minute)
		w.send(c, backend)
		w.served(1)
	})
}

func TestStream_Independent(t *testing.T) {
	inBubble(t, "", func(w *world) {
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		first := w.begin(metadata.AppendToOutgoingContext(ctx, "secret", "of-a-user"), grpc.WaitForReady(true))
		w.resolve()
		c := w.answered()
		same(w, "metadata of a user on the balancer stream", len(c.MD().Get("secret")), 0)
		cancel()
		<-first.done
		w.pause(time.Hour)
		if over(c.Ended()) {
			w.Error("the balancer stream ended with a user's")
		}
	})
}

func TestStream_FirstMessage(t *testing.T) {
	for config, want := range map[string]string{
		"":                       lbtest.Service,
		`{"serviceName":"shop"}`: "shop",
	} {
		inBubble(t, config, func(w *world) {
			w.resolve()
			same(w, "name in the initial request", w.lb.Next().Name(), want)
		})
	}
}

func TestStream_EarlyList(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		c := w.lb.Next()
		w.send(c, w.backends(1)...)
		w.served(1)
		c.Initial(time.Second) // late, and no harm
		w.served(1)
	})
}

func TestStream_SecondInitial(t *testing.T) {
	harmless(t, func(c *lbtest.Call) { c.Initial(time.Minute) })
}

func TestStream_Unknown(t *testing.T) {
	harmless(t, func(c *lbtest.Call) { c.Send(&lbpb.LoadBalanceResponse{}) })
	harmless(t, func(c *lbtest.Call) {
		later := new(lbpb.LoadBalanceResponse) // with field 15, of a later protocol
		later.ProtoReflect().SetUnknown([]byte{15<<3 | 2, 1, 'x'})
		c.Send(later)
	})
}

// harmless shows that what say says, before a list and after it, is ignored.
func harmless(t *testing.T, say func(*lbtest.Call)) {
	t.Helper()
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		say(c)
		w.waits()
		w.send(c, b[0])
		w.served(1)
		say(c)
		w.served(1)
		w.send(c, b[1])
		w.served(2)
		same(w, "balancer streams", w.lb.Calls(), 1)
	})
}

// Each list of the flood names another backend. The last list is in use as
// soon as it has arrived, and the call is none the worse.
func TestStream_LatestList(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		w.served(1)
		for n := range 5000 {
			c.List(lbtest.Server(fmt.Sprintf("10.64.%d.%d:80", n>>8, n&255), ""))
		}
		w.send(c, b[1])
		w.served(2)
	})
}
