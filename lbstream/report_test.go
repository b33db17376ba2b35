package lbstream

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/actor"
)

// The interval runs from the initial response to the question, and again from
// the report; how long the counter takes for its answer comes on top.
func TestReport_Interval(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		c := lb.Next()
		b.unasked(3 * time.Second)
		c.Initial(250 * time.Millisecond)
		b.answer(b.asked(1, 250*time.Millisecond), "1", "0", "0", "0")
		b.reported(c, "1 0 0 0")
		q := b.asked(1, 250*time.Millisecond)
		time.Sleep(70 * time.Millisecond)
		b.reported(c)
		b.answer(q, "2", "1", "0", "1")
		b.reported(c, "2 1 0 1")
		b.asked(1, 250*time.Millisecond)
		b.unasked(time.Hour) // while that one is out
	})
}

// every is an initial response with an interval of any kind.
func every(d *durationpb.Duration) *lbpb.LoadBalanceResponse {
	m := response("initial")
	m.GetInitialResponse().ClientStatsReportInterval = d
	return m
}

// What cannot be meant, and what means that no reports are wanted. An hour of
// the network shows that none comes at once; that none ever comes, the core.
var noInterval = map[string]*durationpb.Duration{
	"absent":       nil,
	"zero":         {},
	"negative":     {Seconds: -1},
	"barely so":    {Nanos: -1},
	"very much so": {Seconds: math.MinInt64, Nanos: math.MinInt32},
	"contrary":     {Seconds: 1, Nanos: -1},
	"too many ns":  {Seconds: 1, Nanos: 1e9},
	"over a year":  {Seconds: 365 * 24 * 60 * 60, Nanos: 1},
	"300 years":    {Seconds: 300 * 365 * 24 * 60 * 60},
	"10000 years":  {Seconds: 315_576_000_000},
	"one s more":   {Seconds: 315_576_000_001},
	"ages":         {Seconds: math.MaxInt64, Nanos: math.MaxInt32},
}

func TestReport_Interval_Off(t *testing.T) {
	for name, d := range noInterval {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(b *bench) {
				lb := b.balancer()
				b.serve("shop", lb.Address())
				c := lb.Next()
				c.Send(every(d))
				b.unasked(time.Hour)
				b.reported(c)
			})
			now := time.Unix(0, 0)
			off := core{counting: true}
			off.serve(now, targetOf("shop", "A"))
			off.opened(now)
			off.sent(now)
			off.received(now, receivedFrom(every(d), nil))
			if !off.reports.due.IsZero() {
				t.Errorf("a report is due in %v", off.reports.due.Sub(now))
			}
		})
	}
}

func TestReport_Interval_Bounds(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		1:                            100 * time.Millisecond,
		100*time.Millisecond - 1:     100 * time.Millisecond,
		100 * time.Millisecond:       100 * time.Millisecond,
		100*time.Millisecond + 1:     100*time.Millisecond + 1,
		24*time.Hour + time.Second/3: 24*time.Hour + time.Second/3,
	} {
		inBubble(t, func(b *bench) {
			c := b.reporting(b.balancer(), asked)
			b.answer(b.asked(1, want), "1", "0", "0", "0")
			b.asked(1, want)
			b.reported(c, "1 0 0 0")
		})
	}
}

// Whatever the balancer sends, the interval is none or within its bounds.
func FuzzInterval(f *testing.F) {
	for _, d := range noInterval {
		f.Add(d.GetSeconds(), d.GetNanos())
	}
	f.Add(int64(0), int32(1))
	f.Fuzz(func(t *testing.T, seconds int64, nanos int32) {
		every, sane := interval(&durationpb.Duration{Seconds: seconds, Nanos: nanos})
		if every != 0 && (every < minInterval || every > maxInterval || !sane) {
			t.Errorf("%d s and %d ns: %v, sane %t", seconds, nanos, every, sane)
		}
		positive := seconds >= 0 && nanos >= 0 && (seconds > 0 || nanos > 0)
		if every == 0 && sane && positive {
			t.Errorf("%d s and %d ns: no reports and no complaint", seconds, nanos)
		}
	})
}

// A list needs no initial response, but reports do. They begin when it comes.
func TestReport_Interval_LateInitial(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		c := lb.Next()
		c.List()
		b.unasked(time.Hour)
		c.Initial(time.Second)
		b.asked(1, time.Second)
	})
}

// A second initial response neither changes the interval nor begins it anew,
// and if the first wanted no reports it brings none.
func TestReport_Interval_SecondInitial(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.reporting(lb, time.Second)
		time.Sleep(400 * time.Millisecond)
		c.Initial(10 * time.Second)
		b.answer(b.asked(1, 600*time.Millisecond), "0", "0", "0", "0")
		c.Initial(0)
		b.asked(1, time.Second)
		b.serve("bank", lb.Address())
		c = lb.Next()
		c.Initial(0)
		c.Initial(time.Second)
		b.unasked(time.Hour)
	})
}

func TestReport_Zero(t *testing.T) {
	inBubble(t, func(b *bench) {
		c := b.reporting(b.balancer(), time.Second)
		say := func(words ...string) { b.answer(b.asked(1, time.Second), words...) }
		say("0", "0", "0", "0")
		b.reported(c, "0 0 0 0")
		for range 1000 { // asked all the same
			say("0", "0", "0", "0")
		}
		say("0", "0", "0", "0", "a=0")
		b.reported(c)
		say("0", "0", "0", "0", "a=1")
		say("0", "0", "0", "0")
		b.reported(c, "0 0 0 0 a=1", "0 0 0 0")
		say("0", "0", "0", "0")
		say("0", "1", "0", "1")
		b.reported(c, "0 1 0 1")
	})
}

func TestReport_Stats(t *testing.T) {
	inBubble(t, func(b *bench) {
		c := b.reporting(b.balancer(), time.Second)
		q := b.asked(1, time.Second)
		time.Sleep(123 * time.Millisecond)
		b.answer(q, "100", "90", "7", "60", "rate=20", "quota=3")
		got := c.Report()
		if s := describeStats(got); s != "100 90 7 60 rate=20 quota=3" {
			t.Errorf("report %s", s)
		}
		if !got.GetTimestamp().AsTime().Equal(time.Now()) {
			t.Errorf("stamped %v at %v", got.GetTimestamp().AsTime(), time.Now())
		}
	})
}

// With nobody to ask, what the balancer wants does not matter.
func TestReport_NoCounter(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		opts := b.options()
		opts.Counter = nil
		group := actor.NewGroup()
		defer group.Stop()
		b.stream = Start(group, opts)
		c := b.reporting(lb, time.Second)
		time.Sleep(time.Hour)
		b.reported(c)
		c.List()
		synctest.Wait()
		if s := b.now(); s.Lists != 1 {
			t.Errorf("after a list: %+v", s)
		}
	})
}
