package grpclb_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	channelzpb "google.golang.org/grpc/channelz/grpc_channelz_v1"
	"google.golang.org/grpc/channelz/service"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// The user's dialler is used for the balancer and for backends of either kind.
func TestStream_ChannelDialer(t *testing.T) {
	for from, say := range backendsFrom {
		t.Run(from, func(t *testing.T) {
			everywhere(t, func(s *site) {
				s.dial()
				lb, b := s.balancer("lb.test"), s.backend(1)
				s.resolve(lb, "lb.test", b)
				say(lb.Next(), b)
				s.served(1)
				same(s, "connections to the balancer", s.tap.dialled(lb.Addr()), 1)
				same(s, "connections to the backend", s.tap.dialled(b.Addr()), 1)
			})
		})
	}
}

// Balancer and backends hear the same name, which is the user's and gRPC's own.
func TestStream_ChannelUserAgent(t *testing.T) {
	const own = "grpc-go/" + grpc.Version
	for name, c := range map[string]struct {
		options []grpc.DialOption
		want    string
	}{
		"the user's":  {[]grpc.DialOption{grpc.WithUserAgent("my-agent/1.0")}, "my-agent/1.0 " + own},
		"gRPC's own":  {nil, own},
		"the builder": {[]grpc.DialOption{grpc.WithUserAgent("my-agent/1.0"), byPolicy(ownName)}, "own-agent " + own},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				w.resolve()
				same(w, "user agent", strings.Join(w.lb.Next().MD().Get("user-agent"), "|"), c.want)
			}, c.options...)
		})
	}
}

// The authority may be overridden; what it is verified against is in
// TestSecure_BalancerName and TestSecure_BackendName.
func TestStream_ChannelAuthority(t *testing.T) {
	inBubble(t, "", func(w *world) {
		witness, seen := witness()
		backend := lbtest.NewBackend(w.T, w.network, 1, witness)
		authority := func(md metadata.MD) string { return strings.Join(md.Get(":authority"), "|") }

		call := w.connect()
		same(w, "authority at the balancer", authority(call.MD()), "shop.test")
		w.send(call, backend)
		w.served(1)
		same(w, "authority at the backend", authority(<-seen), "shop.test")

		other := w.balancer()
		w.resolveTo([]resolver.Address{{Addr: other.Addr(), ServerName: "lb.test."}})
		w.lb.Stop()
		same(w, "authority at one with a name", authority(other.NextWithin(time.Minute).MD()), "lb.test")
	}, grpc.WithAuthority("shop.test"))
}

// Two channels of one builder have nothing in common but the balancer that
// both are told of.
func TestBuilder_TwoChannels(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		first := w.connect(b[2])
		w.send(first, b[0])

		other := &world{T: w.T, network: w.network, lb: w.lb, start: w.start}
		other.ch = lbtest.NewChannel(w.T, w.network, `{"serviceName":"other"}`)
		second := other.connect(b[2])
		same(w, "name of the second", second.Name(), "other")
		other.send(second, b[1])
		same(w, "calls of the first", w.calls(3), "1 1 1")
		same(w, "calls of the second", other.calls(3), "2 2 2")

		second.Fallback()
		other.served(3)
		w.served(1)
		w.ch.Close()
		if !over(first.Ended()) || over(second.Ended()) {
			w.Error("closing the first channel ended the other's balancer stream, or not its own")
		}
		other.send(second, b[0])
		other.served(1)
	})
}

// channelz is gRPC's own view of the channels of this process.
type channelz struct{ channelzpb.ChannelzServer }

// RegisterService takes the server that grpc-go makes and has no other access
// to. Making it has switched channelz on when the package was imported.
func (c *channelz) RegisterService(_ *grpc.ServiceDesc, server any) {
	c.ChannelzServer = server.(channelzpb.ChannelzServer)
}

// of returns what is known of a channel, the newest one that nothing is above.
// Older ones are of tests before this one: gRPC forgets a channel a little after
// it was closed.
func (c *channelz) of(t testing.TB, cc *grpc.ClientConn) *channelzpb.Channel {
	t.Helper()
	service.RegisterChannelzServiceToServer(c)
	top, err := c.GetTopChannels(t.Context(), &channelzpb.GetTopChannelsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var newest *channelzpb.Channel
	for _, ch := range top.GetChannel() { // which are in the order of their ids
		if ch.GetData().GetTarget() == cc.CanonicalTarget() {
			newest = ch
		}
	}
	if newest == nil {
		t.Fatalf("no channel to %s", cc.CanonicalTarget())
	}
	return newest
}

// children returns the channels below another, by their targets and states.
func (c *channelz) children(ctx context.Context, ch *channelzpb.Channel) string {
	var all []string
	for _, ref := range ch.GetChannelRef() {
		r, err := c.GetChannel(ctx, &channelzpb.GetChannelRequest{ChannelId: ref.GetChannelId()})
		if err != nil {
			all = append(all, err.Error())
			continue
		}
		data := r.GetChannel().GetData()
		all = append(all, fmt.Sprint(data.GetTarget(), " ", data.GetState().GetState()))
	}
	return strings.Join(all, ", ")
}

// The channel to the balancer is below the user's, and gone when it is closed.
func TestStream_ChannelNested(t *testing.T) {
	inBubble(t, "", func(w *world) {
		var z channelz
		same(w, "channels below before there is a balancer", z.children(w.Context(), z.of(w, w.ch.CC)), "")
		w.send(w.connect(), w.backends(1)...)
		same(w, "channels below", z.children(w.Context(), z.of(w, w.ch.CC)), "grpclb-balancers:///balancers READY")
		w.resolveTo(nil, w.backends(1)...)
		synctest.Wait()
		same(w, "channels below without a balancer", z.children(w.Context(), z.of(w, w.ch.CC)), "")
	})
}
