package grpclb_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// clumsyChild is a policy that refuses each update, and asks for what is deprecated.
const clumsyChild = "clumsy"

func init() { balancer.Register(clumsy{}) }

type clumsy struct{}

func (clumsy) Name() string { return clumsyChild }

func (clumsy) Build(cc balancer.ClientConn, _ balancer.BuildOptions) balancer.Balancer {
	return clumsyPolicy{cc}
}

type clumsyPolicy struct{ cc balancer.ClientConn }

func (c clumsyPolicy) UpdateClientConnState(balancer.ClientConnState) error {
	//lint:ignore SA1019 it is what the test is about
	c.cc.UpdateAddresses(nil, nil)
	return errors.New("not today")
}
func (clumsyPolicy) ResolverError(error)                                        {}
func (clumsyPolicy) UpdateSubConnState(balancer.SubConn, balancer.SubConnState) {}
func (clumsyPolicy) ExitIdle()                                                  {}
func (clumsyPolicy) Close()                                                     {}

// Each line of each part of the policy names the target and the channel, by the number that gRPC's own
// lines have.
func TestLog_Who(t *testing.T) {
	book := newLogBook(t)
	inBubble(t, withChild(`[{"`+clumsyChild+`":{}}]`), func(w *world) {
		begins := book.channel()
		other := w.balancer()
		b := w.backends(1)
		w.resolveTo([]resolver.Address{nobody, w.lb.Address(), other.Address()}, b[0])
		c := w.lb.Next()
		c.Initial(0)
		c.Initial(0)
		c.HangUp(nil)
		w.send(other.Next(), b[0])
		book.wants(w, begins,
			"warning balancer stream 1: a second initial response is ignored",
			"warning balancer stream 1: no server list came from "+w.lb.Addr()+", the next balancer is asked: the balancer ended the stream",
			"info server list in use: 1 entries, 0 of them drops; backends that came: "+b[0].Addr()+"; backends that went: none",
			"warning the child policy clumsy calls UpdateAddresses, which is ignored",
			"warning the child policy clumsy refuses an update: not today")
	})
}

// A policy that gRPC did not give a channel's number names the target alone.
func TestLog_Who_TargetAlone(t *testing.T) {
	book := newLogBook(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.parent.Refuse(errors.New("closing"))
		r.list(lbtest.Server("10.0.0.1:80", "t"))
		lines := book.take()
		for _, l := range lines {
			if !strings.HasPrefix(l.text, "lbtest:///service.test: ") {
				t.Errorf("whose line is this? %s", l)
			}
		}
		contains(t, fmt.Sprint(lines), "gRPC makes no SubConn for 10.0.0.1:80: closing", "server list in use")
	})
}

// Credentials that can't be used are logged once for the channel.
func TestLog_Who_Credentials(t *testing.T) {
	book := newLogBook(t)
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		o := lbtest.BuildOptions(n)
		o.CredsBundle = &bundle{transport: o.DialCreds}
		t.Cleanup(grpclb.NewBuilder().Build(lbtest.NewParent(t), o).Close)
		lines := book.take()
		same(t, "lines", len(lines), 2)
		for _, l := range lines {
			contains(t, l.String(), "warning lbtest:///service.test: no b", " can be called: the channel's credentials bundle")
		}
	})
}

// However often it changes, a second has one line about it, and the last line says how it is.
func TestLog_Levels(t *testing.T) {
	book := newLogBook(t)
	inBubble(t, "", func(w *world) {
		begins := book.channel()
		b := w.backends(2)
		c := w.connect(b[1])
		for range 25 {
			w.send(c, b[0])
			w.pause(20 * time.Millisecond)
			c.Fallback()
			w.pause(20 * time.Millisecond)
		}
		w.send(c, b[0])
		w.pause(time.Hour)
		inUse := "info server list in use: 1 entries, 0 of them drops; backends that came: "
		book.wants(w, begins,
			inUse+b[0].Addr()+"; backends that went: none",
			"warning in fallback because the balancer asked for it",
			"info fallback is over after 20ms: the balancer has sent a server list (48 similar lines were left out)")
	})
}

// A child that does the same with each list, and a stream with each of many balancers, have one line a
// second too.
func TestLog_Levels_OfAllParts(t *testing.T) {
	book := newLogBook(t)
	inBubble(t, withChild(`[{"`+clumsyChild+`":{}}]`), func(w *world) {
		b := w.backends(2)
		balancers := make([]resolver.Address, 50)
		var all []*lbtest.Balancer
		for i := range balancers {
			all = append(all, w.balancer())
			balancers[i] = all[i].Address()
		}
		w.resolveTo(balancers)
		for _, lb := range all[:49] {
			c := lb.Next()
			c.Initial(0)
			c.Initial(0)
			c.HangUp(nil)
		}
		c := all[49].Next()
		for i := range 50 {
			w.send(c, b[i%2])
		}
		w.pause(time.Minute)
		lines := book.take()
		for _, words := range []string{"a second initial response", "the next balancer is asked", "refuses an update", "calls UpdateAddresses", "server list in use"} {
			var last time.Time
			for _, l := range lines {
				if !strings.Contains(l.text, words) {
					continue
				}
				if l.at.Sub(last) < time.Second {
					w.Errorf("a second line in less than a second: %s", l)
				}
				last = l.at
			}
			if last.IsZero() {
				w.Errorf("no line has %q", words)
			}
		}
	})
}

// An incident of two channels to the same target, told by the log alone: each line is of one of them,
// what began ended, and the durations are what they were.
func TestLog_Incident(t *testing.T) {
	book := newLogBook(t)
	inBubble(t, steady, func(w *world) {
		quiet := &world{T: w.T, network: w.network, lb: w.balancer(), start: w.start}
		first := book.channel()
		quiet.ch = lbtest.NewChannel(w.T, w.network, steady, grpc.WithIdleTimeout(0))
		second := book.channel()
		if first == second {
			t.Fatalf("both channels are %q", first)
		}
		b := w.backends(5)
		c := w.connect(b[3])
		d := quiet.connect()

		w.list(c, append(servers(b[0], b[1]), lbtest.Drop("d"))...)
		book.wants(w, first, listInUse(3, 1, b[:2], nil))
		quiet.send(d, b[4])
		book.wants(w, second, listInUse(1, 0, b[4:], nil))

		w.until(10 * time.Second)
		w.lb.Stop() // the first balancer, and then its backends
		lines := book.take()
		same(w, "lines", len(lines), 1)
		contains(w, fmt.Sprint(lines), "warning "+first+"contact with the balancer is lost: rpc error: code = Unavailable ")
		w.until(20 * time.Second)
		b[0].Stop()
		b[1].Stop()
		fellBack := time.Now()
		w.pause(2 * time.Second)
		lines = book.take()
		contains(w, fmt.Sprint(lines), "warning "+first+"no backend of the balancer's server list is READY",
			"warning "+first+"in fallback because the balancer was out of contact and no backend was READY: ",
			"info "+first+"a backend is READY, after 0s without one")
		same(w, "lines", len(lines), 2+1)

		w.until(25 * time.Second)
		d.HangUp(nil) // the second balancer hangs up, and is there again
		lost := time.Now()
		book.wants(w, second, "warning contact with the balancer is lost: the balancer ended the stream")
		d = quiet.answered()
		w.pause(2 * time.Second)
		quiet.send(d, b[4])
		book.wants(w, second, "info contact with the balancer is back after "+since(lost))

		w.until(time.Minute)
		w.lb.Restart()
		c = w.lb.NextWithin(time.Minute)
		c.Initial(0)
		w.list(c, append(servers(b[2]), wrong(b[0])[0])...)
		lines = book.take()
		contains(w, fmt.Sprint(lines),
			"info "+first+"contact with the balancer is back after "+since(w.start.Add(10*time.Second)),
			"info "+first+"fallback is over after "+since(fellBack)+": the balancer has sent a server list",
			"warning "+first+"server list: 1 entries skipped: entry 1: ",
			first+strings.TrimPrefix(listInUse(1, 0, b[2:3], b[:2]), "info "))
		same(w, "lines", len(lines), 4)

		w.pause(5 * time.Second)
		w.list(c)
		empty := time.Now()
		book.wants(w, first, "warning the balancer's server list is empty: calls wait")
		w.pause(7 * time.Second)
		w.send(c, b[2])
		book.wants(w, first, "info the balancer's server list is no longer empty, after "+since(empty))
		w.pause(time.Hour)
		book.wants(w, first)
	})
}

// since is how long ago t was, as the log has it.
func since(t time.Time) string { return time.Since(t).Round(time.Millisecond).String() }

func listInUse(entries, drops int, came, went []*lbtest.Backend) string {
	return fmt.Sprintf("info server list in use: %d entries, %d of them drops; backends that came: %s; backends that went: %s",
		entries, drops, addrsOf(came), addrsOf(went))
}

func addrsOf(backends []*lbtest.Backend) string {
	var all []string
	for _, b := range backends {
		all = append(all, b.Addr())
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}
