package lbresolver

import (
	"fmt"
	"math"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const dnsSRV = dnsmessage.TypeSRV

// bookOf returns a book of places, each with these addresses.
func bookOf(ips int, places ...place) *book {
	a := answer{hosts: map[string]host{}}
	for i, p := range places {
		a.places = append(a.places, p)
		var h host
		for j := range ips {
			h.ips = append(h.ips, fmt.Sprintf("10.0.%d.%d", i, j))
		}
		a.hosts[p.host] = h
	}
	b := new(book)
	b.hear(a, time.Time{})
	return b
}

func srvOf(i int, priority, weight uint16) place {
	return place{hostPort{fmt.Sprintf("lb%d.", i), 80}, priority, weight}
}

// firsts returns how often each balancer is the first, of n channels.
func firsts(n int, b *book, given bool) map[string]int {
	first := map[string]int{}
	for s := range seed(n) {
		first[s.inOrder(b, given)[0].addr]++
	}
	return first
}

// isNear fails the test unless a count is what chance allows, five times its
// standard deviation.
func isNear(t *testing.T, what string, got, n int, share float64) {
	t.Helper()
	want := float64(n) * share
	if off := math.Abs(float64(got) - want); off > 5*math.Sqrt(want*(1-share)) {
		t.Errorf("%s: %d of %d, want %.0f", what, got, n, want)
	}
}

// Balancers of equal standing are first in equally many channels: given ones, the
// addresses of one record, records of weight 0, records of one weight.
func TestStream_Spread(t *testing.T) {
	const n = 4000
	for name, c := range map[string]struct {
		book  *book
		given bool
	}{
		"given":                    {bookOf(1, srvOf(0, 0, 0), srvOf(1, 0, 0), srvOf(2, 0, 0), srvOf(3, 0, 0)), true},
		"given, of one name":       {bookOf(4, srvOf(0, 0, 0)), true},
		"addresses of one record":  {bookOf(4, srvOf(0, 0, 0)), false},
		"records of weight 0":      {bookOf(1, srvOf(0, 0, 0), srvOf(1, 0, 0), srvOf(2, 0, 0), srvOf(3, 0, 0)), false},
		"records of equal weights": {bookOf(1, srvOf(0, 0, 7), srvOf(1, 0, 7), srvOf(2, 0, 7), srvOf(3, 0, 7)), false},
		"beside another priority":  {bookOf(1, srvOf(0, 1, 0), srvOf(1, 1, 0), srvOf(2, 1, 0), srvOf(3, 1, 0), srvOf(4, 2, 0)), false},
	} {
		first := firsts(n, c.book, c.given)
		if len(first) != 4 {
			t.Errorf("%s: %d balancers are first somewhere, want 4", name, len(first))
		}
		for addr, got := range first {
			isNear(t, name+", "+addr, got, n, 0.25)
		}
	}
}

// By weight they are in proportion to it, and those of weight 0 come last.
func TestStream_Spread_Weights(t *testing.T) {
	const n = 4000
	b := bookOf(1, srvOf(0, 0, 10), srvOf(1, 0, 30), srvOf(2, 0, 60), srvOf(3, 0, 0))
	first := firsts(n, b, false)
	for addr, share := range map[string]float64{"10.0.0.0:80": 0.1, "10.0.1.0:80": 0.3, "10.0.2.0:80": 0.6} {
		isNear(t, addr, first[addr], n, share)
	}
	for s := range seed(100) {
		if last := s.inOrder(b, false)[3].name; last != "lb3" {
			t.Fatalf("by seed %d, %s comes after weight 0", s, last)
		}
	}
}

// A channel keeps to its order, whatever the order of the records and whoever joins.
func TestStream_Spread_Steady(t *testing.T) {
	for s := range seed(50) {
		before := s.inOrder(bookOf(1, srvOf(0, 0, 0), srvOf(1, 0, 0), srvOf(2, 0, 0)), false)
		b := bookOf(1, srvOf(0, 0, 0), srvOf(1, 0, 0), srvOf(2, 0, 0), srvOf(3, 0, 0))
		b.places[0], b.places[2], b.places[3] = b.places[3], b.places[0], b.places[2]
		var kept []balancer
		for _, o := range s.inOrder(b, false) {
			if o.name != "lb3" {
				kept = append(kept, o)
			}
		}
		if fmt.Sprint(kept) != fmt.Sprint(before) {
			t.Fatalf("by seed %d the order is %v, and then %v", s, before, kept)
		}
	}
}

// The addresses of a record follow each other, so that its weight counts once.
func TestStream_Spread_Together(t *testing.T) {
	for s := range seed(50) {
		order := s.inOrder(bookOf(2, srvOf(0, 0, 0), srvOf(1, 0, 0), srvOf(2, 0, 0)), false)
		for i := 0; i < len(order); i += 2 {
			if order[i].name != order[i+1].name {
				t.Fatalf("by seed %d the order is %v", s, order)
			}
		}
	}
}

// Channels draw their seeds.
func TestStream_Spread_Channels(t *testing.T) {
	first := map[string]int{}
	for range 64 {
		c := newChannel()
		r, err := NewBuilder().Build(targetOf(t, "grpclb://10.0.0.1:1/10.0.1.1?balancer=10.0.0.2:1"), c, noOptions)
		if err != nil {
			t.Fatal(err)
		}
		first[balancersOf(c.next(t).state)[0].Addr]++
		r.Close()
	}
	if len(first) != 2 {
		t.Errorf("of 64 channels the first is %v", first)
	}
}
