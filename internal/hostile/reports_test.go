package hostile

import (
	"fmt"
	"math"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
)

// Intervals that nobody means. For each: the most reports in a minute of a call
// a second, and whether it is logged.
func TestSecure_Hostile_Intervals(t *testing.T) {
	const odd = "a report interval that is invalid or over a year is ignored"
	for _, wanted := range []struct {
		every   *durationpb.Duration
		reports int
		line    string
	}{
		// 100 ms is the shortest, and nothing happens in most of them: each call is
		// one report, and one more says that it was the last.
		{&durationpb.Duration{Nanos: 1}, 3 * 60, ""},
		{nil, 0, ""},
		{&durationpb.Duration{}, 0, ""},
		{&durationpb.Duration{Seconds: -1}, 0, ""},
		{&durationpb.Duration{Nanos: -1}, 0, ""},
		{&durationpb.Duration{Seconds: math.MaxInt64}, 0, odd},
		{&durationpb.Duration{Seconds: math.MinInt64}, 0, odd},
		{&durationpb.Duration{Seconds: 315_576_000_000}, 0, odd}, // the most that is valid; 292 years fit in a Duration
		{&durationpb.Duration{Seconds: 1, Nanos: -1}, 0, odd},
		{&durationpb.Duration{Nanos: math.MaxInt32}, 0, odd},
	} {
		t.Run(fmt.Sprint(wanted.every), func(t *testing.T) {
			attack(t, bounds{heap: mib, calls: 1, subConns: 1, pickers: 2, line: wanted.line}, func(v *victim) {
				v.lb.turn(func(c caller) error {
					c.initial(wanted.every)
					c.list(v.good()...)
					return c.hold()
				})
				v.resolve()
				v.servedFor(time.Minute, listed)
				v.atMost("reports", int(v.lb.reports.Load()), wanted.reports)
			})
		})
	}
}

// The shortest interval under load: ten reports a second, whatever happens.
func TestSecure_Hostile_ReportFlood(t *testing.T) {
	attack(t, bounds{heap: mib, calls: 1, subConns: 1, pickers: 2}, func(v *victim) {
		v.lb.turn(func(c caller) error {
			c.initial(durationpb.New(1))
			c.list(v.good()...)
			return c.hold()
		})
		v.resolve()
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); pause(20 * time.Millisecond) {
			v.served(listed)
		}
		v.atMost("reports in 10 s", int(v.lb.reports.Load()), 100)
	})
}
