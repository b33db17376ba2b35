package lbtest

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// connect listens on network and returns both ends of a connection.
func connect(t *testing.T, network Network) (client, server net.Conn, addr string) {
	t.Helper()
	l, err := network.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	client, server = join(t, network, l)
	return client, server, l.Addr().String()
}

// join dials l and returns both ends.
func join(t *testing.T, network Network, l net.Listener) (client, server net.Conn) {
	t.Helper()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	client, err := network.Dial(short(t), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server = <-accepted
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

func TestNetwork_CarriesBothWays(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		client, server, addr := connect(t, network)
		for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
			if _, err := way[0].Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 5)
			if _, err := io.ReadFull(way[1], got); err != nil || string(got) != "hello" {
				t.Errorf("read %q, %v; want hello", got, err)
			}
		}
		if client.RemoteAddr().String() != addr || server.LocalAddr().String() != addr {
			t.Errorf("server is %v for the client and %v for itself, want %v",
				client.RemoteAddr(), server.LocalAddr(), addr)
		}
		if client.LocalAddr().String() != server.RemoteAddr().String() {
			t.Errorf("client is %v for itself and %v for the server", client.LocalAddr(), server.RemoteAddr())
		}
	})
}

func TestNetwork_CloseLetsTheRestBeRead(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		client, server, _ := connect(t, network)
		if _, err := client.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		client.Close()
		if got, err := io.ReadAll(server); string(got) != "last words" || err != nil {
			t.Errorf("read %q, %v; want last words and EOF", got, err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("reading after Close: %v, want net.ErrClosed", err)
		}
		if _, err := client.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("writing after Close: %v, want net.ErrClosed", err)
		}
	})
}

func TestNetwork_RefusesWhereNobodyListens(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		l, err := network.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		for _, addr := range []string{l.Addr().String(), "10.99.99.99:1"} {
			if _, err := network.Dial(short(t), addr); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("dialling %s: %v, want a refusal", addr, err)
			}
		}
	})
}

func TestNetwork_ListenTakesAnAddressOnce(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		first, err := network.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		addr := first.Addr().String()
		if _, err := network.Listen(addr); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("listening twice: %v, want an address in use", err)
		}
		first.Close()
		second, err := network.Listen(addr)
		if err != nil {
			t.Fatalf("listening again: %v", err)
		}
		// Closing the first once more must not close its successor.
		first.Close()
		join(t, network, second)
		second.Close()
		if _, err := second.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accepting after Close: %v, want net.ErrClosed", err)
		}
	})
}

func TestNetwork_CutBreaksBothEndsAtOnce(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		client, server, addr := connect(t, network)
		spared, other, _ := connect(t, network)
		if _, err := client.Write([]byte("lost")); err != nil {
			t.Fatal(err)
		}
		failed := make(chan error, 1)
		go func() {
			_, err := client.Read(make([]byte, 1))
			failed <- err
		}()

		begin := time.Now()
		network.Cut(addr)
		if err := <-failed; err == nil || err == io.EOF {
			t.Errorf("a read under way: %v, want an error", err)
		}
		if got, err := io.ReadAll(server); len(got) > 0 || err == nil {
			t.Errorf("the other end read %q, %v; want an error", got, err)
		}
		for _, end := range []net.Conn{client, server} {
			if _, err := end.Write([]byte("x")); err == nil {
				t.Error("a write after Cut worked")
			}
		}
		if inMemory(network) && time.Since(begin) != 0 {
			t.Errorf("took %v, want no time", time.Since(begin))
		}
		if _, err := spared.Write([]byte("x")); err != nil {
			t.Errorf("a connection to another address broke too: %v", err)
		}
		if _, err := other.Read(make([]byte, 1)); err != nil {
			t.Errorf("a connection to another address broke too: %v", err)
		}
	})
}

func TestNetwork_CutLeavesTheListener(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		l, err := network.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		join(t, network, l)
		network.Cut(l.Addr().String())
		client, server := join(t, network, l)
		if _, err := client.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		if _, err := server.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	})
}

func TestNetwork_BlackholeHangsUntilTheContextEnds(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		client, server, addr := connect(t, network)
		network.Blackhole(addr, true)

		ctx, cancel := context.WithCancel(t.Context())
		hung := make(chan error, 1)
		go func() {
			_, err := network.Dial(ctx, addr)
			hung <- err
		}()
		// What is open stays open meanwhile.
		if _, err := client.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		if _, err := server.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-hung; !errors.Is(err, context.Canceled) {
			t.Errorf("dialling: %v, want what ended the context", err)
		}
	})
}

func TestNetwork_BlackholeEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		l, err := network.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addr, begin := l.Addr().String(), time.Now()
		network.Blackhole(addr, true)
		time.AfterFunc(5*time.Second, func() { network.Blackhole(addr, false) })

		// A dial from before hangs on.
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if _, err := network.Dial(ctx, addr); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dialling: %v, want the deadline", err)
		}
		if waited := time.Since(begin); waited != 20*time.Second {
			t.Errorf("hung for %v, want 20s", waited)
		}
		join(t, network, l)
	})
}

func TestNetwork_DialsTellsWhen(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		const nobody = "10.1.2.3:4"
		var want []time.Time
		for i := range 3 {
			time.Sleep(time.Duration(i) * time.Second)
			want = append(want, time.Now())
			if _, err := network.Dial(t.Context(), nobody); err == nil {
				t.Fatal("dialled nobody")
			}
		}
		_, _, other := connect(t, network)
		if got := network.Dials(nobody); !slices.Equal(got, want) {
			t.Errorf("dials at %v, want %v", got, want)
		}
		if got := network.Dials(other); len(got) != 1 {
			t.Errorf("%d dials to the other address, want 1", len(got))
		}
	})
}

// A dial that nobody accepts hangs as in a full backlog, until the listener
// closes.
func TestMemory_DialWaitsForAccept(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		l, err := network.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		refused := make(chan error, 1)
		go func() {
			_, err := network.Dial(t.Context(), l.Addr().String())
			refused <- err
		}()
		synctest.Wait()
		if len(refused) > 0 {
			t.Fatal("the dial did not wait")
		}
		l.Close()
		if err := <-refused; !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dialling: %v, want a refusal", err)
		}
	})
}
