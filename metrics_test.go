package grpclb_test

import (
	"context"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	estats "google.golang.org/grpc/experimental/stats"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

func TestMetrics_Mode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t, "10.0.0.9:80")
		m.pause(2500 * time.Millisecond)
		m.has("grpclb.mode waiting", 1)
		m.has("grpclb.mode.duration waiting", 2)
		m.list(lbtest.Server("10.0.0.1:80", ""))
		m.pause(5 * time.Second)
		m.has("grpclb.mode waiting", 0)
		m.has("grpclb.mode balanced", 1)
		m.has("grpclb.mode.changes balanced list", 1)
		m.has("grpclb.mode.duration waiting", 2.5)
		m.call.Fallback()
		m.pause(10 * time.Second)
		m.has("grpclb.mode balanced", 0)
		m.has("grpclb.mode fallback", 1)
		m.has("grpclb.mode.changes fallback asked", 1)
		m.has("grpclb.mode.duration waiting", 2.5)
		m.has("grpclb.mode.duration balanced", 5)
	})
}

// A count is there before anything is counted: Prometheus sees growth only of a series that it has.
func TestMetrics_CountsFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.pause(time.Second)
		for _, key := range []string{
			"grpclb.mode.changes balanced list", "grpclb.mode.changes fallback lost", "grpclb.lists.received", "grpclb.lists.applied",
			"grpclb.reports.sent", "grpclb.handovers", "grpclb.pending.parked", "grpclb.pending.refused", "grpclb.picks",
		} {
			if v, there := m.to.values[key]; !there || v != 0 {
				t.Errorf("%s is %v, there: %t", key, v, there)
			}
		}
	})
}

// Each reason for fallback has a word.
func TestMetrics_ModeReasons(t *testing.T) {
	for reason, cause := range map[string]func(*metered){
		"removed": func(m *metered) {
			m.list(lbtest.Server("10.0.0.1:80", ""))
			m.withoutBalancer("10.0.0.9:80")
		},
		"no balancer": func(m *metered) { m.withoutBalancer("10.0.0.9:80") },
		"no list":     func(m *metered) { m.call.HangUp(nil) },
		"timeout":     func(m *metered) { m.pause(10 * time.Second) },
		"lost": func(m *metered) {
			m.list(lbtest.Server("10.0.0.1:80", ""))
			m.report(1, connecting, failed)
			m.call.HangUp(nil)
		},
	} {
		t.Run(reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMetered(t, "10.0.0.9:80")
				cause(m)
				m.pause(10 * time.Second)
				m.has("grpclb.mode.changes fallback "+reason, 1)
			})
		})
	}
}

func TestMetrics_Stream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""))
		m.pause(time.Second)
		m.has("grpclb.contact", 1)
		m.has("grpclb.streams.started", 1)
		m.has("grpclb.streams.opened", 1)
		m.call.HangUp(status.Error(codes.ResourceExhausted, "enough"))
		m.pause(time.Second)
		m.has("grpclb.contact", 0)
		m.has("grpclb.streams.ended RESOURCE_EXHAUSTED", 1)
		m.call = m.lb.Next()
		m.call.Initial(2 * time.Second)
		m.list(lbtest.Server("10.0.0.1:80", ""))
		m.pause(10 * time.Second)
		m.has("grpclb.contact", 1)
		m.has("grpclb.streams.opened", 2)
		m.has("grpclb.lists.received", 2)
		m.has("grpclb.reports.sent", 1) // all zero, so there is only one
		m.call.HangUp(nil)
		m.pause(10 * time.Second)
		m.has("grpclb.streams.ended OK", 1)
	})
}

func TestMetrics_List(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""), lbtest.Server("10.0.0.2:80", ""), lbtest.Drop("d"))
		m.pause(time.Second)
		m.has("grpclb.lists.received", 1)
		m.has("grpclb.lists.applied", 1)
		m.has("grpclb.list.entries backend", 2)
		m.has("grpclb.list.entries drop", 1)
		m.has("grpclb.list.age", 1)
		m.list(lbtest.Server("10.0.0.1:80", ""), lbtest.Server("10.0.0.2:80", ""), lbtest.Drop("d"))
		m.pause(20 * time.Second)
		m.has("grpclb.lists.received", 2)
		m.has("grpclb.lists.applied", 1) // it is the same
		if age := m.to.values["grpclb.list.age"]; age < 15 || age > 20 {
			t.Errorf("the list's age is %v s", age)
		}
	})
}

func TestMetrics_Backends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""), lbtest.Server("10.0.0.2:80", ""))
		m.report(1, connecting, ready)
		m.report(2, connecting)
		m.pause(time.Second)
		m.has("grpclb.backends READY", 1)
		m.has("grpclb.backends CONNECTING", 1)
		m.report(2, failed)
		m.pause(5 * time.Second)
		m.has("grpclb.backends CONNECTING", 0)
		m.has("grpclb.backends TRANSIENT_FAILURE", 1)
		m.has("grpclb.backends IDLE", 0)
	})
}

func TestMetrics_Handover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""))
		m.report(1, connecting, ready)
		m.pause(time.Second)
		before := m.to.values["grpclb.handovers"]
		m.to.values["grpclb.handover.duration"], m.to.many["grpclb.handover.duration"] = 0, 0
		m.list(lbtest.Server("10.0.0.2:80", ""))
		m.report(2, connecting)
		m.pause(3 * time.Second)
		m.report(2, ready)
		m.pause(5 * time.Second)
		m.has("grpclb.handovers", before+1)
		m.has("grpclb.handover.duration", 3)
		same(t, "durations", m.to.many["grpclb.handover.duration"], 1)
	})
}

// Of many handovers between two readings all are counted, and the latest have their duration.
func TestMetrics_ManyHandovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""), lbtest.Server("10.0.0.2:80", ""))
		m.report(1, connecting, ready)
		m.report(2, connecting, ready)
		m.pause(time.Second)
		before := m.to.values["grpclb.handovers"]
		m.to.many["grpclb.handover.duration"] = 0
		for i := range 40 {
			m.list(lbtest.Server(fmt.Sprintf("10.0.0.%d:80", 1+i%2), ""))
		}
		m.pause(5 * time.Second)
		m.has("grpclb.handovers", before+40)
		same(t, "durations", m.to.many["grpclb.handover.duration"], 16)
	})
}

func TestMetrics_Pending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.configure(`{"maxPendingPicks":2}`)
		var ends []context.CancelFunc
		for range 3 {
			ctx, end := context.WithCancel(t.Context())
			ends = append(ends, end)
			if _, err := m.parent.Pick(ctx); err == nil {
				t.Error("a call was served")
			}
		}
		m.pause(time.Second)
		m.has("grpclb.pending.depth", 2)
		m.has("grpclb.pending.parked", 2)
		m.has("grpclb.pending.refused", 1)
		for _, end := range ends {
			end()
		}
		m.pause(5 * time.Second)
		m.has("grpclb.pending.depth", 0)
	})
}

func TestMetrics_Picks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""))
		m.report(1, connecting, ready)
		same(t, "sent", m.picks(7), 7)
		m.pause(time.Second)
		m.has("grpclb.picks", 7)
		m.list(lbtest.Server("10.0.0.1:80", "other")) // calls of a drained generation stay counted
		same(t, "sent", m.picks(5), 5)
		m.call.Fallback()
		synctest.Wait()
		m.pause(time.Second)
		m.has("grpclb.picks", 12)
	})
}

// A pick that gRPC did not use is taken back: the count does not fall, and the next picks
// make up for it.
func TestMetrics_PicksTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""))
		m.report(1, connecting, ready)
		unused, err := m.parent.Pick(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m.pause(time.Second)
		m.has("grpclb.picks", 1)
		unused.Done(balancer.DoneInfo{})
		m.picks(3)
		m.pause(5 * time.Second)
		if got := m.to.values["grpclb.picks"]; got != 3 && got != 4 {
			t.Errorf("picks: %v", got)
		}
	})
}

// Drops are counted by token, whatever stream their list came on, and reported as ever.
func TestMetrics_Drops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""), lbtest.Drop("d"), lbtest.Drop("e"))
		m.report(1, connecting, ready)
		same(t, "sent", m.picks(9), 3)
		m.pause(time.Second)
		m.has("grpclb.picks", 3)
		m.has("grpclb.drops d", 3)
		m.has("grpclb.drops e", 3)
		m.call.HangUp(nil)
		m.pause(5 * time.Second)
		m.call = m.lb.Next()
		m.call.Initial(4 * time.Second)
		synctest.Wait()
		m.picks(3) // by the list of the stream that ended
		m.list(lbtest.Server("10.0.0.1:80", ""), lbtest.Drop("d"))
		m.picks(4)
		m.pause(6 * time.Second)
		m.has("grpclb.drops d", 6)
		m.has("grpclb.drops e", 4)
		same(t, "drops reported, of the second stream", droppedIn(m.call.Report()), 2)
	})
}

func droppedIn(r *lbpb.ClientStats) (n int64) {
	for _, d := range r.GetCallsFinishedWithDrop() {
		n += d.GetNumCalls()
	}
	return n
}

// A balancer can't make more than so many series of a metric.
func TestMetrics_DropTokensAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		entries := []*lbpb.Server{lbtest.Server("10.0.0.1:80", ""), lbtest.Drop(strings.Repeat("x", 65))}
		for i := range 100 {
			entries = append(entries, lbtest.Drop(fmt.Sprint("t", i)))
		}
		m.list(entries...)
		m.report(1, connecting, ready)
		m.picks(102)
		m.pause(time.Second)
		tokens, sum := 0, 0.0
		for key, n := range m.to.values {
			if strings.HasPrefix(key, "grpclb.drops ") {
				tokens++
				sum += n
			}
		}
		if tokens > 33 || sum != 101 || m.to.values["grpclb.drops (other)"] < 69 {
			t.Errorf("%d tokens, %v calls, %v of others", tokens, sum, m.to.values["grpclb.drops (other)"])
		}
	})
}

// What happened just before the channel closes is recorded, and no gauge keeps its value.
func TestMetrics_Close(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMetered(t)
		m.list(lbtest.Server("10.0.0.1:80", ""))
		m.report(1, connecting, ready)
		m.pause(time.Second)
		m.picks(3)
		m.policy.Close()
		m.has("grpclb.picks", 3)
		for _, gauge := range []string{"mode balanced", "contact", "list.age", "list.entries backend", "backends READY"} {
			m.has("grpclb."+gauge, 0)
		}
	})
}

// running reports whether a meter runs in this bubble or elsewhere.
func running() bool {
	stacks := make([]byte, 1<<20)
	return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "(*meter).run")
}

// Without a recorder there is no meter: neither a goroutine nor a timer.
func TestMetrics_NoRecorder(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.send(w.connect(), w.backends(1)...)
		same(t, "a meter runs in a channel without recorder", running(), false)
	})
	synctest.Test(t, func(t *testing.T) {
		newMetered(t)
		same(t, "a meter runs", running(), true)
	})
}

// docs/operating.md names each metric with its kind, unit and labels.
func TestMetrics_Documented(t *testing.T) {
	document := readAll(t, "docs/operating.md")
	registrations := regexp.MustCompile(`(?m)= (count|seconds|gauge|histogram)Of\("(grpclb\.[a-z.]+)"`).
		FindAllStringSubmatch(readAll(t, "metrics.go"), -1)
	same(t, "metrics", len(registrations), 20)
	for _, r := range registrations {
		d := estats.DescriptorForMetric(r[2])
		labels := ""
		if len(d.Labels) > 1 {
			labels = "`" + strings.Join(d.Labels[1:], "`, `") + "` "
		}
		kind, unit := map[string]string{"seconds": "count"}[r[1]], ""
		if kind == "" {
			kind = r[1]
		}
		if d.Unit == "s" {
			unit = "s "
		}
		if row := "| `" + r[2] + "` | " + kind + " | " + unit + "| " + labels + "| "; !strings.Contains(document, row) {
			t.Errorf("docs/operating.md has no row %q", row)
		}
		same(t, r[2]+" is on by default", d.Default, true)
	}
}
