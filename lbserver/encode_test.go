package lbserver

import (
	"context"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/stats"
)

// A tallyCodec counts how often it encodes a list, and panics on those of a token
// that it can't stand.
type tallyCodec struct {
	encoding.CodecV2
	lists  atomic.Int32
	hatred string
}

func newTallyCodec() *tallyCodec { return &tallyCodec{CodecV2: encoding.GetCodecV2("proto")} }

func (c *tallyCodec) Marshal(v any) (mem.BufferSlice, error) {
	if m, ok := v.(*lbpb.LoadBalanceResponse); ok && m.GetServerList() != nil {
		c.lists.Add(1)
		if c.hatred != "" && m.GetServerList().GetServers()[0].LoadBalanceToken == c.hatred {
			panic("no " + c.hatred)
		}
	}
	return c.CodecV2.Marshal(v)
}

// A list is encoded once for all clients, and once more for all that compress:
// the first list as well as each change.
func TestServer_EncodeOnce(t *testing.T) {
	codec := newTallyCodec()
	r := onLoopback(t, Options{}, grpc.ForceServerCodecV2(codec))
	r.set(t, greeter, numbered(100, 0)...)
	cc := r.connect(t)
	var clients []*client
	for n := range 40 {
		var opts []grpc.CallOption
		if n%2 == 1 {
			opts = append(opts, grpc.UseCompressor("gzip"))
		}
		c := open(t, cc, opts...)
		c.say(initialRequest(greeter))
		c.wantInitial(0)
		clients = append(clients, c)
	}
	for n := range 3 {
		for _, c := range clients {
			c.wantList(written(numbered(100, n))...)
		}
		if got := codec.lists.Swap(0); got != 2 {
			t.Errorf("list %d was encoded %d times for %d clients, half of which compress", n, got, len(clients))
		}
		r.set(t, greeter, numbered(100, n+1)...)
	}
}

// An onlooker is an interceptor's stream and a stats handler in one: it notes
// what is sent through it.
type onlooker struct {
	grpc.ServerStream
	sent  chan any // by the stream
	stats chan *stats.OutPayload
}

func newOnlooker() *onlooker {
	return &onlooker{sent: make(chan any, 100), stats: make(chan *stats.OutPayload, 100)}
}

func (o *onlooker) intercept(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, h grpc.StreamHandler) error {
	return h(srv, &onlooker{s, o.sent, o.stats})
}

func (o *onlooker) SendMsg(m any) error {
	o.sent <- m
	return o.ServerStream.SendMsg(m)
}

func (o *onlooker) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (o *onlooker) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (o *onlooker) HandleConn(context.Context, stats.ConnStats)                       {}
func (o *onlooker) HandleRPC(_ context.Context, s stats.RPCStats) {
	if out, ok := s.(*stats.OutPayload); ok {
		o.stats <- out
	}
}

// Interceptors and stats handlers see that a list is sent, and how long it is.
func TestServer_EncodeOnce_WithInterceptors(t *testing.T) {
	codec, look := newTallyCodec(), newOnlooker()
	r := onLoopback(t, Options{}, grpc.ForceServerCodecV2(codec), grpc.StreamInterceptor(look.intercept), grpc.StatsHandler(look))
	r.set(t, greeter, numbered(100, 1)...)
	for range 3 {
		r.join(t, greeter).wantList(written(numbered(100, 1))...)
		if _, ok := (<-look.sent).(*lbpb.LoadBalanceResponse); !ok {
			t.Error("the initial response is not sent as it is")
		}
		if m, ok := (<-look.sent).(*grpc.PreparedMsg); !ok {
			t.Errorf("the list is sent as %T", m)
		}
		<-look.stats
		if out := <-look.stats; out.Length < 100*24 {
			t.Errorf("the list is %d bytes long", out.Length)
		}
	}
	if got := codec.lists.Load(); got != 1 {
		t.Errorf("the list was encoded %d times", got)
	}
}

// Who needs to see the lists can have them.
func TestServer_EncodeOnce_PlainMessages(t *testing.T) {
	look := newOnlooker()
	r := onLoopback(t, Options{PlainMessages: true}, grpc.StreamInterceptor(look.intercept), grpc.StatsHandler(look))
	r.set(t, greeter, one(1), one(2))
	r.join(t, greeter).wantList(entry(1), entry(2))
	<-look.sent
	m, ok := (<-look.sent).(*lbpb.LoadBalanceResponse)
	if !ok || len(entries(m)) != 2 || entries(m)[1] != entry(2) {
		t.Errorf("an interceptor sees %v", m)
	}
	<-look.stats
	if out := <-look.stats; out.Payload != any(m) {
		t.Errorf("a stats handler sees %v", out.Payload)
	}
}

// A stranger is a codec of another name, for which the bytes of a list are others.
type stranger struct{ encoding.CodecV2 }

func (stranger) Name() string { return "stranger" }

func (s stranger) Marshal(v any) (mem.BufferSlice, error) {
	b, err := s.CodecV2.Marshal(v)
	return append(mem.BufferSlice{mem.SliceBuffer("strange")}, b...), err
}

func (s stranger) Unmarshal(b mem.BufferSlice, v any) error {
	return s.CodecV2.Unmarshal(mem.BufferSlice{mem.SliceBuffer(b.Materialize()[len("strange"):])}, v)
}

func init() { encoding.RegisterCodecV2(stranger{encoding.GetCodecV2("proto")}) }

// Each client can read what it is sent, though others are sent the same in
// another form.
func TestServer_EncodeOnce_ForWhomItFits(t *testing.T) {
	compress := func(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, h grpc.StreamHandler) error {
		if err := grpc.SetSendCompressor(s.Context(), "gzip"); err != nil {
			t.Error(err)
		}
		return h(srv, s)
	}
	identity := func(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, h grpc.StreamHandler) error {
		if err := grpc.SetSendCompressor(s.Context(), "identity"); err != nil {
			t.Error(err)
		}
		return h(srv, s)
	}
	for _, test := range []struct {
		name   string
		server []grpc.ServerOption
	}{
		{"a plain server", nil},
		{"an interceptor compresses", []grpc.ServerOption{grpc.StreamInterceptor(compress)}},
		{"an interceptor does not compress", []grpc.ServerOption{grpc.StreamInterceptor(identity)}},
		//lint:ignore SA1019 it is there, and so it has to work
		{"the server compresses", []grpc.ServerOption{grpc.RPCCompressor(grpc.NewGZIPCompressor())}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := onLoopback(t, Options{}, test.server...)
			r.set(t, greeter, numbered(100, 0)...)
			cc := r.connect(t)
			var clients []*client
			for _, opts := range [][]grpc.CallOption{
				nil,
				{grpc.CallContentSubtype("stranger")},
				{grpc.UseCompressor("gzip")},
				{grpc.CallContentSubtype("proto")},
				{grpc.UseCompressor("gzip"), grpc.CallContentSubtype("stranger")},
				{grpc.UseCompressor("identity")},
			} {
				c := open(t, cc, opts...)
				c.say(initialRequest(greeter))
				c.wantInitial(0)
				clients = append(clients, c)
			}
			for n := range 3 {
				for _, c := range clients {
					c.wantList(written(numbered(100, n))...)
				}
				r.set(t, greeter, numbered(100, n+1)...)
			}
		})
	}
}
