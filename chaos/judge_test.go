package main

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A bench is a player with servers that nobody serves and a diary that is made up.
// Its times are seconds after the start, which is long ago.
type bench struct {
	*testing.T
	*player
}

func newBench(t *testing.T) *bench {
	t.Helper()
	f := &fleet{}
	for i := range firstBalancer {
		s, err := newSite(nameOf(i))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.close(); err != nil {
				t.Error(err)
			}
		})
		f.plain = append(f.plain, s)
	}
	p := &player{log: io.Discard, pulse: newPulse(), fleet: f, diary: &diary{start: time.Now().Add(-time.Hour)}}
	t.Cleanup(p.pulse.close)
	return &bench{t, p}
}

func (b *bench) second(s float64) time.Time {
	return b.diary.start.Add(time.Duration(s * float64(time.Second)))
}

// had enters that a backend had a fault.
func (b *bench) had(k kind, server int, from, to float64) {
	b.diary.entries = append(b.diary.entries, &entry{
		fault: fault{kind: k}, server: server, began: b.second(from), ended: b.second(to),
	})
}

// call is one of a second's limit that was sent to this server, or nowhere if it
// is negative.
func (b *bench) call(server int, from, to float64, code codes.Code) outcome {
	o := outcome{began: b.second(from), ended: b.second(to), deadline: b.second(from + 1), err: status.Error(code, "made up")}
	if server >= 0 {
		o.server = b.fleet.plain[server].addr()
	}
	return o
}

func (b *bench) want(o outcome, says string) {
	b.Helper()
	got := b.unexplained(o)
	if says == "" && got != "" || !strings.Contains(got, says) {
		b.Errorf("from %s to %s, %v: %q, want %q", b.diary.at(o.began), b.diary.at(o.ended), o.err, got, says)
	}
}

const noServer = -1

func TestJudge_Codes(t *testing.T) {
	b := newBench(t)
	b.had(stopped, 0, 0, 100)
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		switch code {
		case codes.Unavailable, codes.DeadlineExceeded:
			b.want(b.call(0, 10, 11, code), "")
		default:
			b.want(b.call(0, 10, 11, code), "only UNAVAILABLE")
		}
	}
}

func TestJudge_Deadlines(t *testing.T) {
	b := newBench(t)
	b.had(holed, 0, 10, 20)
	b.want(b.call(0, 11, 11.5, codes.DeadlineExceeded), "its deadline had not come")
	b.want(b.call(0, 11, 12.4, codes.DeadlineExceeded), "")
	b.want(b.call(0, 11, 12.6, codes.DeadlineExceeded), "hung")
	b.want(b.call(noServer, 11, 13, codes.Unavailable), "hung")
}

// Calls that were sent to a server fail of that server's outages only.
func TestJudge_Outages(t *testing.T) {
	b := newBench(t)
	b.had(stopped, 1, 10, 12)
	b.had(cut, 2, 30, 30)
	b.had(delayed, 3, 40, 50)
	b.had(throttled, 3, 50, 60)
	for _, test := range []struct {
		server   int
		from, to float64
		says     string
	}{
		{1, 9, 9.9, "backend 2 had no outage"},
		{1, 9.5, 10.1, ""},
		{1, 11, 11.1, ""},
		{1, 12.9, 13, ""}, // the news may be on its way
		{1, 13.1, 13.2, "backend 2 had no outage"},
		{0, 11, 11.1, "backend 1 had no outage"},
		{2, 29.5, 30.1, ""},
		{2, 31.5, 31.6, "no outage"},
		{3, 45, 46, "backend 4 had no outage"}, // slow is not away
		{3, 55, 56, "backend 4 had no outage"},
	} {
		b.want(b.call(test.server, test.from, test.to, codes.Unavailable), test.says)
	}
	unknown := b.call(1, 11, 11.1, codes.Unavailable)
	unknown.server = "192.0.2.1:1"
	b.want(unknown, "which is no backend")
}

// A black hole is an excuse until it must have been found out.
func TestJudge_BlackHole(t *testing.T) {
	b := newBench(t)
	b.had(holed, 0, 100, 200)
	known := 100 + found.Seconds() + settling.Seconds()
	b.want(b.call(0, known-0.1, known+0.9, codes.DeadlineExceeded), "")
	b.want(b.call(0, known+0.1, known+1.1, codes.DeadlineExceeded), "had no outage")
}

// Calls that were sent nowhere had nowhere to go, or it is wrong.
func TestJudge_Nowhere(t *testing.T) {
	b := newBench(t)
	b.want(b.call(noServer, 5, 5.1, codes.Unavailable), "")
	b.ready = b.second(10)
	b.want(b.call(noServer, 9.9, 10.1, codes.Unavailable), "")
	b.want(b.call(noServer, 10.1, 10.2, codes.Unavailable), "there were backends")
	b.disturb(b.second(20))
	b.want(b.call(noServer, 10.1, 10.2, codes.Unavailable), "there were backends")
	b.want(b.call(noServer, 19.9, 20.1, codes.Unavailable), "")
	b.want(b.call(noServer, 25, 25.1, codes.Unavailable), "")

	waits := b.call(noServer, 25, 25.1, codes.Unavailable)
	waits.patient = true
	b.want(waits, "it waits for a backend")
}

func TestJudge_NoneMayFail(t *testing.T) {
	b := newBench(t)
	b.had(cut, 0, 9, 9)
	b.judgeNone(record{})
	if b.wrong.count != 0 {
		t.Errorf("of nothing %q is wrong", b.wrong.lines())
	}
	b.judgeNone(record{failed: []outcome{b.call(0, 9, 9.1, codes.Unavailable)}, fallback: 3})
	got := strings.Join(b.wrong.lines(), "\n")
	for _, says := range []string{"unary call of caller 1 to backend 1, from 9.000s to 9.100s", "made up", "no call may fail", "backend 1 cut (9.000s–9.000s)", "3 calls were answered by fallback"} {
		if !strings.Contains(got, says) {
			t.Errorf("it does not say %q:\n%s", says, got)
		}
	}
}

func TestJudge_CodesAreCounted(t *testing.T) {
	b := newBench(t)
	b.judgeOutages(record{codes: map[codes.Code]int{codes.Unavailable: 5, codes.DeadlineExceeded: 2, codes.Internal: 1}})
	if got := b.wrong.lines(); len(got) != 1 || !strings.Contains(got[0], "1 calls failed with Internal") {
		t.Errorf("wrong: %q", got)
	}
}

// Of many things the first are told, and how many more there are.
func TestFaulty_IsBounded(t *testing.T) {
	var f faulty
	for i := range 3 * enough {
		f.add("number %d", i)
	}
	got := f.lines()
	if len(got) != enough+1 || got[0] != "number 0" || got[enough] != "and 24 more" {
		t.Errorf("%q", got)
	}
	b := newBench(t)
	for range 2 * enough {
		b.complain(outcome{err: errors.New("made up")}, "why")
	}
	if b.wrong.count != 2*enough {
		t.Errorf("%d complaints, want %d", b.wrong.count, 2*enough)
	}
}

func TestDiary_ActiveFaults(t *testing.T) {
	b := newBench(t)
	b.had(stopped, 1, 10, 12)
	b.diary.entries = append(b.diary.entries, &entry{fault: fault{kind: holed}, server: firstBalancer, began: b.second(11)})
	for _, test := range []struct {
		from, to float64
		want     string
	}{
		{1, 2, ""},
		{10.5, 10.6, "backend 2 stopped (10.000s–12.000s)"},
		{11.5, 11.6, "backend 2 stopped (10.000s–12.000s), balancer 1 in a black hole (11.000s–on)"},
		{13, 14, "balancer 1 in a black hole (11.000s–on)"},
	} {
		if got := strings.Join(b.diary.active(b.second(test.from), b.second(test.to)), ", "); got != test.want {
			t.Errorf("from %vs to %vs: %q, want %q", test.from, test.to, got, test.want)
		}
	}
}
