package lbstream

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// steady is the default backoff without jitter, so that waits can be compared
// for equality: 1 s, 1.6 s, 2.56 s ...
var steady = backoff.Config{BaseDelay: time.Second, Multiplier: 1.6, MaxDelay: 120 * time.Second}

// bench is one stream and the network it lives on, inside a bubble.
type bench struct {
	*testing.T
	network lbtest.Network
	group   *actor.Group
	stream  *Stream
	counter *counter
	stall   chan struct{} // closed by a test: connections stall in writing

	named map[string]string // what names stand for; nil: there are none
}

// inBubble runs test with a stream that has no balancers yet. When the test
// returns the stream is stopped, and synctest fails the test if a goroutine of
// it is left.
func inBubble(t *testing.T, test func(*bench)) { inBubbleWith(t, steady, test) }

func inBubbleWith(t *testing.T, backoff backoff.Config, test func(*bench), more ...grpc.DialOption) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{T: t, network: lbtest.NewMemory(), group: actor.NewGroup(), stall: make(chan struct{}), counter: newCounter()}
		opts := b.options(more...)
		opts.Backoff = backoff
		b.stream = Start(b.group, opts)
		t.Cleanup(b.group.Stop)
		test(b)
	})
}

func (b *bench) options(more ...grpc.DialOption) Options {
	return Options{
		Authority: "shop.test",
		Counter:   b.counter,
		DialOptions: append([]grpc.DialOption{
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(b.dial),
		}, more...),
	}
}

func (b *bench) dial(ctx context.Context, addr string) (net.Conn, error) {
	if to, ok := b.named[addr]; ok {
		addr = to
	}
	c, err := b.network.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	return &stallable{Conn: c, stall: b.stall, closed: make(chan struct{})}, nil
}

// stallable is a connection that, once stalled, takes no more bytes until it is
// closed, as one does whose packets go nowhere.
type stallable struct {
	net.Conn
	stall  chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (c *stallable) Write(b []byte) (int, error) {
	select {
	case <-c.stall:
		<-c.closed
		return 0, net.ErrClosed
	default:
		return c.Conn.Write(b)
	}
}

func (c *stallable) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func (b *bench) balancer(options ...grpc.ServerOption) *lbtest.Balancer {
	b.Helper()
	return lbtest.NewBalancer(b.T, b.network, options...)
}

// serve gives the stream a target and waits for what comes of it at once.
func (b *bench) serve(name string, balancers ...resolver.Address) {
	b.stream.Serve(Target{Name: name, Balancers: balancers})
	synctest.Wait()
}

// status waits for the next status.
func (b *bench) status() Status {
	b.Helper()
	select {
	case s := <-b.stream.Status():
		return *s
	case <-b.Context().Done():
		b.Fatal("the test is over")
		return Status{}
	}
}

// now returns the status that has been put and not taken, and fails the test
// if there is none.
func (b *bench) now() Status {
	b.Helper()
	synctest.Wait()
	select {
	case s := <-b.stream.Status():
		return *s
	default:
		b.Fatal("no status was put")
		return Status{}
	}
}

// quiet fails the test if a status was put.
func (b *bench) quiet() {
	b.Helper()
	synctest.Wait()
	select {
	case s := <-b.stream.Status():
		b.Errorf("a status was put: %+v", s)
	default:
	}
}

// connected serves lb and returns its stream, which has delivered a list.
func (b *bench) connected(lb *lbtest.Balancer) *lbtest.Call {
	b.Helper()
	b.serve("shop", lb.Address())
	c := lb.Next()
	c.Initial(0)
	c.List(lbtest.Server("10.0.0.1:80", "t"))
	if s := b.now(); !s.Contact || s.Lists == 0 {
		b.Fatalf("no contact: %+v", s)
	}
	return c
}

// over reports whether the stream has ended by now.
func over(c *lbtest.Call) bool {
	synctest.Wait()
	select {
	case <-c.Ended():
		return true
	default:
		return false
	}
}

// nobody is an address where nothing listens.
var nobody = resolver.Address{Addr: "10.127.0.1:1"}

// same compares two spans of bubble time, which is exact to the nanosecond.
func (b *bench) same(what string, got, want time.Duration) {
	b.Helper()
	if got != want {
		b.Errorf("%s: %v, want %v", what, got, want)
	}
}
