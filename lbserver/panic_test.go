package lbserver

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/status"
)

// A record is what was logged as an error.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.text.Reset()
	return r.text.String()
}

// logErrors keeps errors that are logged, from here on and in all tests: gRPC's
// logger can't be exchanged while something logs.
var logErrors = func() *record {
	r := new(record)
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, r))
	return r
}()

// A fragile stream panics when a report of so many calls, or a list of so many
// entries, passes through it.
type fragile struct{ grpc.ServerStream }

const tooMany = 13

func (f fragile) RecvMsg(m any) error {
	err := f.ServerStream.RecvMsg(m)
	if m.(*lbpb.LoadBalanceRequest).GetClientStats().GetNumCallsStarted() == tooMany {
		panic("secret of RecvMsg")
	}
	return err
}

func (f fragile) SendMsg(m any) error {
	if m, ok := m.(*lbpb.LoadBalanceResponse); ok && len(m.GetServerList().GetServers()) == tooMany {
		panic("secret of SendMsg")
	}
	return f.ServerStream.SendMsg(m)
}

// Code of others that panics ends the call that it panics in, and nothing else.
func TestServer_Panic(t *testing.T) {
	breakable := func(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, h grpc.StreamHandler) error {
		return h(srv, fragile{s})
	}
	tooManyServers := func(r *rig, _ *client) { r.set(r.t, greeter, numbered(tooMany, 1)...) }
	for _, test := range []struct {
		name   string
		opts   Options
		server []grpc.ServerOption
		then   func(*rig, *client)
		secret string // of the panic
		where  string // the function that panicked
	}{
		{
			name:   "OnReport",
			opts:   Options{OnReport: func(rep Report) { careless(rep) }},
			then:   func(_ *rig, c *client) { c.say(report(1)) },
			secret: "nil pointer", where: "lbserver.careless(",
		},
		{
			name:   "OnReport ends the goroutine",
			opts:   Options{OnReport: func(Report) { runtime.Goexit() }},
			then:   func(_ *rig, c *client) { c.say(report(1)) },
			secret: "<nil>", where: "runtime.Goexit(",
		},
		{
			name:   "an interceptor, as it receives",
			server: []grpc.ServerOption{grpc.StreamInterceptor(breakable)},
			then:   func(_ *rig, c *client) { c.say(report(tooMany)) },
			secret: "secret of RecvMsg", where: "lbserver.fragile.RecvMsg(",
		},
		{
			name:   "an interceptor, as it sends",
			opts:   Options{PlainMessages: true},
			server: []grpc.ServerOption{grpc.StreamInterceptor(breakable)},
			then:   tooManyServers,
			secret: "secret of SendMsg", where: "lbserver.fragile.SendMsg(",
		},
		{
			name:   "the codec",
			server: []grpc.ServerOption{grpc.ForceServerCodecV2(&tallyCodec{CodecV2: newTallyCodec().CodecV2, hatred: numbered(1, 1)[0].Token})},
			then:   tooManyServers,
			secret: "no 0000", where: "lbserver.(*tallyCodec).Marshal(",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := onLoopback(t, test.opts, test.server...)
			r.set(t, greeter, one(1))
			r.set(t, "other", one(2))
			c, other := r.join(t, greeter), r.join(t, "other")
			c.wantList(entry(1))
			other.wantList(entry(2))
			logErrors.take()

			test.then(r, c)
			if text := c.wantEnd(codes.Internal); strings.Contains(text, test.secret) {
				t.Errorf("the client is told %q", text)
			}
			if log := logErrors.take(); !strings.Contains(log, test.secret) || !strings.Contains(log, test.where) {
				t.Errorf("logged, want %q and a stack with %s: %s", test.secret, test.where, log)
			}
			r.set(t, "other", one(3))
			other.wantList(entry(3))
			r.set(t, greeter, one(4))
			r.join(t, greeter).wantList(entry(4))
		})
	}
}

// The same in the hooks that a call meets before its first answer, and after its end.
func TestServer_Panic_Hooks(t *testing.T) {
	badly := func(c Client) {
		if c.Service != "other" {
			panic("secret of a hook")
		}
	}
	for name, opts := range map[string]Options{
		"Normalize": {Normalize: func(s string) string { badly(Client{Service: s}); return s }},
		"Authorize": {Authorize: func(_ context.Context, c Client) error { badly(c); return nil }},
		"Classify":  {Classify: func(c Client) string { badly(c); return "" }},
		"OnBegin":   {OnBegin: badly},
		"OnUnknown": {OnUnknown: badly},
		"OnEnd":     {OnEnd: func(c Client, _ error) { badly(c) }},
		"goexit":    {OnBegin: func(c Client) { runtime.Goexit() }, OnEnd: func(c Client, _ error) { badly(c) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := onLoopback(t, opts)
			r.set(t, "other", one(2))
			logErrors.take()
			code := codes.Internal
			if name == "OnEnd" {
				code = codes.NotFound // the call has ended by then
			}
			if text := ask(t, r.connect(t), greeter).wantEnd(code); strings.Contains(text, "secret") {
				t.Errorf("the client is told %q", text)
			}
			if name != "goexit" {
				r.join(t, "other").wantList(entry(2))
			}
			r.Close()
			if log := logErrors.take(); !strings.Contains(log, "secret of a hook") {
				t.Errorf("logged: %s", log)
			}
		})
	}
}

// OnEnd hears of each client that OnBegin was told of, even if that panicked.
func TestServer_Panic_OnBeginHasItsOnEnd(t *testing.T) {
	ended := make(chan error, 1)
	r := onLoopback(t, Options{OnBegin: func(Client) { panic("") }, OnEnd: func(_ Client, err error) { ended <- err }})
	ask(t, r.connect(t), greeter).wantEnd(codes.Internal)
	if err := <-ended; status.Code(err) != codes.Internal {
		t.Errorf("it ended with %v", err)
	}
}

// careless reads what a client need not send.
func careless(r Report) int32 { return r.Stats.Timestamp.Nanos }
