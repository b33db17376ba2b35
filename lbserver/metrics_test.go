package lbserver

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The samples of a life in which each metric has a value, in a form to read.
func TestServer_Metrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{Classify: byHeader, MaxClients: 3})
		r.set(t, greeter, Server{Address: "10.0.0.1:80", Weight: 3}, Server{Drop: true, Token: "shed"})
		r.setFor(t, greeter, "z1", one(2))
		r.expect("later")
		r.fallback("unwell")
		r.join(t, greeter).say(counted(10, 9, 1, 8, "shed", "other's"))
		ask(t, r.connect(t), "later")
		open(t, r.connect(t))
		synctest.Wait()
		open(t, r.connect(t))
		time.Sleep(3 * time.Second)
		synctest.Wait()

		var got []string
		seen := map[string]bool{}
		for s := range r.State().Samples() {
			if len(s.Values) != len(s.Labels) {
				t.Errorf("%s has the values %q for %q", s.Name, s.Values, s.Labels)
			}
			seen[s.Name] = true
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %v", strings.TrimPrefix(s.Name, "grpclb.server."), strings.Join(s.Values, ","), s.Value)))
		}
		want := []string{
			"streams.opened  4", "answers.set  3", "answers.encoded  1", "answers.sent  1", "sent  42", "reports.received  1",
			"streams.ended CANCELLED 0", "streams.ended DEADLINE_EXCEEDED 0", "streams.ended INTERNAL 0", "streams.ended INVALID_ARGUMENT 0",
			"streams.ended NOT_FOUND 0", "streams.ended PERMISSION_DENIED 0", "streams.ended RESOURCE_EXHAUSTED 1", "streams.ended UNAVAILABLE 0",
			"streams.opening  1", "services  3",
			"clients greeter 1", "clients.behind greeter 0",
			"answer.age greeter, 3", "answer.fallback greeter, 0", "answer.servers greeter, 1", "answer.drops greeter, 0.25",
			"answer.age greeter,z1 3", "answer.fallback greeter,z1 0", "answer.servers greeter,z1 1", "answer.drops greeter,z1 0",
			"calls.started greeter 10", "calls.finished greeter 9", "calls.unsent greeter 1", "calls.received greeter 8",
			"calls.dropped greeter,(other) 1", "calls.dropped greeter,shed 1",
			"clients later 1", "clients.behind later 0",
			"calls.started later 0", "calls.finished later 0", "calls.unsent later 0", "calls.received later 0",
			"clients unwell 0", "clients.behind unwell 0",
			"answer.age unwell, 3", "answer.fallback unwell, 1", "answer.servers unwell, 0", "answer.drops unwell, 0",
			"calls.started unwell 0", "calls.finished unwell 0", "calls.unsent unwell 0", "calls.received unwell 0",
		}
		for i := range want {
			want[i] = strings.ReplaceAll(want[i], "greeter", greeter)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("samples (-want +got):\n%s", diff)
		}
		for _, m := range Metrics() {
			if !seen[m.Name] {
				t.Errorf("%s has no sample", m.Name)
			}
		}
		r.Close()
		for s := range r.State().Samples() {
			t.Errorf("a closed balancer has %v", s)
		}
	})
}

// Each client may be a class of its own. The series of a service are bounded nevertheless: with more than
// metricClasses classes, those besides the service's own are one series, which has the worst of them.
func TestServer_Metrics_ManyClasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, one(1), one(2), one(3))
		for i := range metricClasses {
			r.setFor(t, greeter, fmt.Sprint(i), one(1), one(2))
		}
		answers := func() (got []string) {
			for s := range r.State().Samples() {
				if strings.HasPrefix(s.Name, "grpclb.server.answer.") {
					got = append(got, strings.TrimPrefix(s.Name, "grpclb.server.")+fmt.Sprintf(" %q %v", s.Values[1], s.Value))
				}
			}
			return got
		}
		if n, want := len(answers()), 4*(metricClasses+1); n != want {
			t.Errorf("%d series, want %d", n, want)
		}
		time.Sleep(2 * time.Second)
		r.setFor(t, greeter, "drops", one(1), Server{Drop: true})
		r.setFor(t, greeter, "one", one(1), one(2), one(3))
		r.RemoveFor(greeter, "0")
		r.RemoveFor(greeter, "1") // as many as before: apart again
		if n, want := len(answers()), 4*(metricClasses+1); n != want {
			t.Errorf("%d series, want %d", n, want)
		}
		if err := r.SetFallbackFor(greeter, "told to fall back"); err != nil {
			t.Fatal(err)
		}
		want := []string{
			`answer.age "" 2`, `answer.fallback "" 0`, `answer.servers "" 3`, `answer.drops "" 0`,
			`answer.age "(other)" 2`, `answer.fallback "(other)" 1`, `answer.servers "(other)" 0`, `answer.drops "(other)" 0.5`,
		}
		if diff := cmp.Diff(want, answers()); diff != "" {
			t.Errorf("samples (-want +got):\n%s", diff)
		}
	})
}

// A client that has not been handed the newest answer is behind; one that waits for the first
// answer is not.
func TestServer_Metrics_Behind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		defer b.Close()
		r := &rig{Balancer: b, t: t}
		r.expect(greeter)
		w, hangUp, result := serve(b)
		w.recvs <- initialRequest(greeter)
		synctest.Wait()
		behind := func() (n float64) {
			for s := range b.State().Samples() {
				if s.Metric == clientsBehind {
					n = s.Value
				}
			}
			return n
		}
		if n := behind(); n != 0 {
			t.Errorf("%v clients are behind before there is an answer", n)
		}
		r.set(t, greeter, one(1))
		synctest.Wait()
		if n := behind(); n != 1 {
			t.Errorf("%v clients are behind, want 1", n)
		}
		hangUp()
		<-result
	})
}

// docs/operating.md has a row for each metric and for no other, with its kind and labels.
func TestServer_Metrics_Documented(t *testing.T) {
	text, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`grpclb\\.server\\.(?:[^|]*\\|){3}[^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		got = append(got, strings.Join(strings.Fields(row[1]), " "))
	}
	for _, m := range Metrics() {
		kind, unit, labels := "gauge", strings.TrimLeft(m.Unit, "1"), make([]string, len(m.Labels))
		if m.Counter {
			kind = "count"
		}
		if strings.HasPrefix(unit, "{") {
			unit = ""
		}
		for i, l := range m.Labels {
			labels[i] = "`" + l + "`"
		}
		row := fmt.Sprintf("`%s` | %s | %s | %s", m.Name, kind, unit, strings.Join(labels, ", "))
		want = append(want, strings.Join(strings.Fields(row), " "))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/operating.md (-want +got):\n%s", diff)
	}
}
