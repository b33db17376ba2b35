package main

import (
	"bytes"
	"errors"
	"flag"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testSeed = flag.Uint64("chaos.seed", 0, "the seed of TestChaos; 0 draws one")

// The run of main, in five seconds instead of a minute. A seed that fails is
// printed, and is played again with -chaos.seed.
func TestChaos(t *testing.T) {
	o := newOptions(*testSeed, 5*time.Second)
	o.out = t.Output()
	if testing.Verbose() {
		o.log = t.Output()
	}
	if err := play(o); err != nil {
		t.Fatalf("seed %d: %v", o.seed, err)
	}
}

// A broken promise is found, and printed with all that is needed to find out why:
// here that no call may fail though backends are stopped.
func TestPerform_BrokenPromise(t *testing.T) {
	c, err := newCensus()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	sabotage := func(p *player, length time.Duration) error {
		var faults []fault
		for i := range backendCount {
			faults = append(faults, fault{at: length / 10, kind: stopped, target: target(i), lasts: length / 2})
		}
		return errors.Join(p.calm(0), p.play(faults, 0, length), p.calm(0))
	}
	var printed bytes.Buffer
	o := newOptions(9, time.Second)
	o.out = &printed
	if err := perform(o, c, []phase{{"sabotage", 30, steady, false, sabotage, (*player).judgeNone}}); !errors.Is(err, errBroken) {
		t.Fatalf("%v, want %v", err, errBroken)
	}
	for _, says := range []string{
		`broken promise: phase sabotage, seed 9\n`,
		`  call of caller \d+ to "(backend \d)?" .*, from \d+\.\d+s to \d+\.\d+s: rpc error: code = Unavailable `,
		`      but no call may fail\n`,
		`      faults: \[.*"backend \d stopped from \d+\.\d+s for 0\.25s".*\]\n`,
		`  and \d+ more\n`,
	} {
		if !regexp.MustCompile(says).MatchString(printed.String()) {
			t.Errorf("it does not say %s", says)
		}
	}
}

// What calls may fail of, and what not. Times are seconds after a start that is long
// past. Backend 1 was stopped, 2 cut, 3 delayed, and 4 in a black hole; there was a
// backend for sure from the 200th second to the 300th.
func TestJudge(t *testing.T) {
	p, err := newPlayer(newOptions(1, time.Second), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.start = time.Now().Add(-time.Hour)
	at := func(s float64) time.Time { return p.start.Add(time.Duration(s * float64(time.Second))) }
	for i, f := range []struct {
		kind     kind
		from, to float64
	}{{stopped, 10, 12}, {cut, 30, 30}, {delayed, 40, 50}, {holed, 100, 200}} {
		p.diary = append(p.diary, &entry{fault: fault{kind: f.kind}, server: i, began: at(f.from), ended: at(f.to)})
	}
	p.quiets = []window{{at(200), at(300)}}
	known := 100 + found.Seconds() + settling.Seconds()
	for _, c := range []struct {
		server   int // -1: the call was sent to none
		patient  bool
		from, to float64
		code     codes.Code
		says     string // "" if it may fail
	}{
		{0, false, 11, 11.1, codes.Internal, "only UNAVAILABLE"},
		{0, false, 11, 11.1, codes.Unavailable, ""},
		{0, false, 9, 9.9, codes.Unavailable, "backend 1 had no outage"},
		{0, false, 9.5, 10.1, codes.Unavailable, ""},
		{0, false, 12.9, 13, codes.Unavailable, ""},
		{0, false, 13.1, 13.2, codes.Unavailable, "backend 1 had no outage"},
		{1, false, 29.5, 30.1, codes.Unavailable, ""},
		{1, false, 31.5, 31.6, codes.Unavailable, "no outage"},
		{2, false, 45, 46, codes.Unavailable, "backend 3 had no outage"}, // slow is not away
		{3, false, known - 0.1, known + 0.9, codes.DeadlineExceeded, ""},
		{3, false, known + 0.1, known + 1.1, codes.DeadlineExceeded, "backend 4 had no outage"},
		{3, false, 101, 101.5, codes.DeadlineExceeded, "its deadline had not come"},
		{3, false, 101, 102.6, codes.DeadlineExceeded, "hung"},
		{-1, false, 199.9, 200.1, codes.Unavailable, ""},
		{-1, false, 200.1, 200.2, codes.Unavailable, "there were backends"},
		{-1, false, 299.9, 300.1, codes.Unavailable, ""},
		{-1, true, 10, 10.1, codes.Unavailable, "it waits for a backend"},
	} {
		o := outcome{began: at(c.from), ended: at(c.to), deadline: at(c.from + 1), patient: c.patient, err: status.Error(c.code, "")}
		if c.server >= 0 {
			o.server = p.fleet.servers[c.server].addr()
		}
		if got := p.unexplained(o); c.says == "" && got != "" || !strings.Contains(got, c.says) {
			t.Errorf("%+v: %q", c, got)
		}
	}
	p.client.conn.Close()
	if err := errors.Join(p.fleet.close()); err != nil {
		t.Error(err)
	}
	p.pulse.close()
}
