package main

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

// performed plays one phase of nothing but what is given, and returns what was
// printed.
func performed(t *testing.T, ph phase) (string, totals, error) {
	t.Helper()
	c, err := newCensus()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}()
	var printed bytes.Buffer
	o := options{seed: 9, length: time.Second, log: t.Output()}
	sums, err := perform(io.MultiWriter(&printed, t.Output()), o, c, []phase{ph})
	return printed.String(), sums, err
}

// A broken promise is printed with all that is needed to find it: here that no
// call may fail though backends are cut off.
func TestPerform_BrokenPromise(t *testing.T) {
	sabotage := func(p *player, length time.Duration) error {
		if err := p.calm(0); err != nil {
			return err
		}
		var faults []fault
		for i := range backendCount {
			faults = append(faults, fault{at: length / 10, kind: stopped, target: target(i), lasts: length / 2})
		}
		if err := p.play(faults, 0, length); err != nil {
			return err
		}
		return p.calm(0)
	}
	printed, sums, err := performed(t, phase{"sabotage", 30, steady, false, sabotage, (*player).judgeNone})
	if err != nil || !sums.broken {
		t.Fatalf("nothing was found to be wrong: %+v, %v", sums, err)
	}
	for _, says := range []string{
		`broken promise: phase sabotage, seed 9\n`,
		`  unary call of caller \d+ to (nowhere|backend \d), from \d+\.\d+s to \d+\.\d+s: rpc error: code = Unavailable `,
		`      but no call may fail\n`,
		`      faults: \[.*"backend \d stopped \(\d+\.\d+s–\d+\.\d+s\)".*\]\n`,
		`  and \d+ more\n`,
	} {
		if !regexp.MustCompile(says).MatchString(printed) {
			t.Errorf("it does not say %s", says)
		}
	}
}

// Nothing is left running where a phase could not be played.
func TestPerform_Stops(t *testing.T) {
	broken := errors.New("made up")
	fails := func(*player, time.Duration) error { return broken }
	if printed, _, err := performed(t, phase{"fails", 30, steady, false, fails, (*player).judgeNone}); !errors.Is(err, broken) {
		t.Errorf("it ended with %v:\n%s", err, printed)
	}
}

// A list that nobody hears of is missed within two seconds, and only then.
func TestPerform_ListNotTakenUp(t *testing.T) {
	deaf := func(p *player, _ time.Duration) error {
		if err := p.calm(0); err != nil {
			return err
		}
		began := time.Now()
		for i := range balancerCount {
			if err := p.fleet.stop(firstBalancer + i); err != nil {
				return err
			}
		}
		if err := p.calm(0); err != nil {
			return err
		}
		if took := time.Since(began); took < backWithin {
			t.Errorf("it was missed after %v", took)
		}
		for i := range balancerCount {
			if err := p.fleet.start(firstBalancer + i); err != nil {
				return err
			}
		}
		return p.calm(0)
	}
	printed, sums, err := performed(t, phase{"deaf", 30, steady, false, deaf, (*player).judgeNone})
	if err != nil || !sums.broken || strings.Count(printed, "no call went by list") != 1 {
		t.Errorf("%v\n%s", err, printed)
	}
}
