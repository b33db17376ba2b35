package lbresolver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"
)

// A script is what DNS says in one look-up: to each question an answer, which may
// be a failure with or without something beside it.
type script struct {
	srv   reply
	hosts map[string][2]reply // by name: IPv4, IPv6
}

// A reply is what came of one question: these values, and whether they are all.
type reply struct {
	values []string
	sure   bool
}

func (s script) LookupSRV(context.Context, string, string, string) (_ string, records []*net.SRV, err error) {
	for _, name := range s.srv.values {
		records = append(records, &net.SRV{Target: name, Port: 80})
	}
	switch {
	case !s.srv.sure && len(records) > 0:
		err = &doubt{err: errFailing}
	case !s.srv.sure:
		err = errFailing
	case len(records) == 0:
		err = errAbsent
	}
	return "", records, err
}

func (s script) LookupHost(_ context.Context, name string) (ips []string, err error) {
	v4, v6 := s.hosts[name][0], s.hosts[name][1]
	ips = append(slices.Clone(v4.values), v6.values...)
	switch {
	case !v4.sure && !v6.sure && len(ips) == 0:
		err = errFailing
	case !v4.sure || !v6.sure:
		err = &doubt{err: errFailing, v4: !v4.sure, v6: !v6.sure}
	case len(ips) == 0:
		err = errAbsent
	}
	return ips, err
}

// twinNames, and addresses of each, IPv4 and IPv6.
var (
	twinNames = []string{"a.", "b.", "c."}
	twinIPs   = [2][]string{{"10.0.0.1", "10.0.0.2"}, {"2001:db8::1", "2001:db8::2"}}
)

func randomScript(r *rand.Rand) script {
	some := func(of []string) (reply reply) {
		reply.sure = r.IntN(3) > 0
		if reply.sure || r.IntN(3) == 0 { // a failure mostly has nothing beside it
			for _, v := range of {
				if r.IntN(3) > 0 {
					reply.values = append(reply.values, v)
				}
			}
		}
		return reply
	}
	s := script{srv: some(twinNames), hosts: map[string][2]reply{}}
	for _, name := range twinNames {
		s.hosts[name] = [2]reply{some(twinIPs[0]), some(twinIPs[1])}
	}
	return s
}

// A fact is one value of one question, by itself: all that the twin knows of is
// whether it holds.
type fact struct {
	holds  bool
	doubts bool
	since  time.Time // of the first doubt
}

// learn is the rule resolve.keep for one fact: an answer that has it confirms it,
// one that is sure and has not ends it, and a failure leaves it for an hour.
func (f *fact) learn(now time.Time, r reply, value string) {
	switch {
	case slices.Contains(r.values, value):
		*f = fact{holds: true}
	case r.sure:
		*f = fact{}
	case f.holds && !f.doubts:
		f.doubts, f.since = true, now
	}
}

func (f *fact) check(now time.Time) {
	if f.doubts && now.Sub(f.since) >= time.Hour {
		*f = fact{}
	}
}

// A twin knows each fact that there can be.
type twin struct {
	places    map[string]*fact // by name
	addresses map[string]*fact // by name and address
}

func newTwin() twin {
	t := twin{map[string]*fact{}, map[string]*fact{}}
	for _, name := range twinNames {
		t.places[name] = new(fact)
		for _, ip := range slices.Concat(twinIPs[:]...) {
			t.addresses[name+" "+ip] = new(fact)
		}
	}
	return t
}

// check is told the time. Of a name that is no balancer's any more nothing is
// remembered.
func (t twin) check(now time.Time) {
	for _, name := range twinNames {
		t.places[name].check(now)
		for _, ip := range slices.Concat(twinIPs[:]...) {
			f := t.addresses[name+" "+ip]
			if f.check(now); !t.places[name].holds {
				*f = fact{}
			}
		}
	}
}

func (t twin) learn(now time.Time, s script) {
	for _, name := range twinNames {
		t.places[name].learn(now, s.srv, name)
		if !slices.Contains(s.srv.values, name) {
			continue // its addresses are not looked up
		}
		for kind, ips := range twinIPs {
			for _, ip := range ips {
				t.addresses[name+" "+ip].learn(now, s.hosts[name][kind], ip)
			}
		}
	}
	t.check(now)
}

func (t twin) balancers() (all []string) {
	for _, name := range twinNames {
		for _, ip := range slices.Concat(twinIPs[:]...) {
			if t.places[name].holds && t.addresses[name+" "+ip].holds {
				all = append(all, hostPort{ip, 80}.String()+" "+hostPort{host: name}.name())
			}
		}
	}
	slices.Sort(all)
	return all
}

// Random histories of what DNS answers, to each question by itself: what is known
// is what the twin knows.
func TestResolve_Keep_Twin(t *testing.T) {
	for n := range uint64(150) {
		playTwin(t, n)
	}
}

func FuzzResolve_Keep(f *testing.F) {
	f.Add(uint64(1 << 40))
	f.Fuzz(func(t *testing.T, n uint64) { playTwin(t, n) })
}

func playTwin(t *testing.T, n uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(n, 1))
	target := target{service: hostPort{shop, 443}, fallback: true}
	c, dumb, now := newCore(target, figures{keep: time.Hour, backoff: steady}, nil), newTwin(), time.Unix(1e9, 0)
	var history []string
	for range 40 {
		now = now.Add(time.Duration(r.IntN(30)) * time.Minute)
		c.check(now)
		dumb.check(now)
		if r.IntN(4) > 0 {
			s := randomScript(r)
			history = append(history, fmt.Sprintf("%v: %+v", now.Unix(), s))
			c.ended(now, finder{s, target}.look(t.Context()))
			c.check(now)
			dumb.learn(now, s)
		}
		var got []string
		for _, b := range c.balancers {
			got = append(got, b.addr+" "+b.name)
		}
		slices.Sort(got)
		if want := dumb.balancers(); !slices.Equal(got, want) {
			t.Fatalf("history %d, after\n%q\nknown are %v\nwant %v", n, history, got, want)
		}
	}
}
