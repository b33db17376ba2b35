package grpclb_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

func TestList_Order(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b[2], b[0], b[1])
		w.rotates("3 1 2")
	})
}

// Thirty generations do not all start at the same of three entries.
func TestList_OrderStartsAtRandom(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.connect()
		first := make(map[string]bool)
		for range 15 {
			w.send(c, b[0], b[1], b[2])
			first[w.call()] = true
			w.send(c, b[2], b[1], b[0])
			first[w.call()] = true
		}
		if len(first) == 1 {
			w.Errorf("each of 30 generations began with %v", first)
		}
	})
}

// The backend that is next in turn goes away: the one after it is next.
func TestList_OrderCarriesOn(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(4)
		w.send(w.connect(), b...)
		last, err := strconv.Atoi(w.call())
		if err != nil {
			w.Fatal(err)
		}
		next, after, third := last%4+1, (last+1)%4+1, (last+2)%4+1
		b[next-1].Stop()
		synctest.Wait()
		same(w, "calls", w.calls(4), fmt.Sprint(after, third, last, after))
		b[next-1].Restart()
		w.pause(5 * time.Second)
		same(w, "calls when it is back", w.calls(4), fmt.Sprint(third, last, next, after))
	})
}

func TestList_Duplicates(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.send(w.connect(), b[0], b[0], b[1])
		w.rotates("1 1 2")
		same(w, "connections to the one listed twice", b[0].Conns(), 1)
	})
}

// On the same call, the sequence carries on as if nothing had been said.
func TestList_Equal(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b...)
		var got string
		for range 12 {
			got += w.call() + " "
			w.send(c, b...)
		}
		if !turns(got, "1 2 3") {
			w.Errorf("calls go to %s", got)
		}
		same(w, "connections", b[0].Conns()+b[1].Conns()+b[2].Conns(), 3)
	})
}

func TestList_EqualOnANewCall(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b...)
		w.pause(2 * time.Second)
		c.HangUp(nil)
		c = w.answered()
		w.send(c, b...)
		w.rotates("1 2")
		same(w, "connections", b[0].Conns()+b[1].Conns(), 2)
		w.pause(time.Minute) // longer than anything lingers
		same(w, "connections that are open", b[0].Open()+b[1].Open(), 2)
	})
}

func TestList_EqualEndsFallback(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		w.served(1)
		c.Fallback()
		synctest.Wait()
		w.served(2)
		w.send(c, b[0])
		w.served(1)
		same(w, "connections to the list's backend", b[0].Conns(), 1)
	})
}

// wrong is every way in which an entry can be wrong, over the address of b.
func wrong(b *lbtest.Backend) []*lbpb.Server {
	ip := servers(b)[0].IpAddress
	var all []*lbpb.Server
	for _, port := range []int32{0, -1, 65536, 1 << 30, -1 << 31} {
		all = append(all, &lbpb.Server{IpAddress: ip, Port: port, LoadBalanceToken: "bad"})
	}
	for _, n := range []int{0, 1, 3, 5, 15, 17, 1000} {
		all = append(all, &lbpb.Server{IpAddress: make([]byte, n), Port: 8000, LoadBalanceToken: "bad"})
	}
	return all
}

func TestList_Invalid(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		entries := append(wrong(b[0]), servers(b[1])...)
		entries = append(entries, lbtest.Drop("d"))
		w.list(w.connect(), entries...)
		// Two places in the drop rotation and not fourteen.
		if got := w.fates(6); !turns(got, "drop 2") {
			w.Errorf("calls: %s", got)
		}
		same(w, "connections of an invalid entry", b[0].Conns(), 0)
	})
}

func TestList_InvalidAltogether(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.list(c, append(wrong(b[0]), lbtest.Drop("d"))...)
		w.waits() // as for an empty list, and not dropped
		w.until(20 * time.Second)
		w.waits()
		same(w, "connections", b[0].Conns()+b[1].Conns(), 0)
		w.send(c, b[0])
		w.served(1)
	})
}

// However the list changes, who is in both keeps its connection.
func TestList_NoReconnect(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b[0], b[1])
		w.send(c, b[1], b[0], b[2], b[0])
		w.list(c, lbtest.Server(b[0].Addr(), "other"), lbtest.Drop(""), lbtest.Server(b[1].Addr(), ""))
		w.pause(time.Hour)
		w.send(c, b[1], b[0])
		w.rotates("1 2")
		same(w, "connections", b[0].Conns()+b[1].Conns(), 2)
	})
}
