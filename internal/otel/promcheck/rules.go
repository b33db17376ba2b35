package promcheck

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Rules are the alerts of a file.
type Rules struct {
	path  string
	all   []rulefmt.Rule
	fired map[string]bool // by Fires
}

// ReadRules reads a file of alerts as Prometheus does. Each alert has a severity, says what has happened and what to do, and asks for
// metrics that there are.
func ReadRules(t testing.TB, path string, there Families) *Rules {
	t.Helper()
	groups, errs := rulefmt.ParseFile(path, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if len(errs) > 0 {
		t.FailNow()
	}
	r := &Rules{path: path, fired: map[string]bool{}}
	for _, g := range groups.Groups {
		r.all = append(r.all, g.Rules...)
	}
	for _, a := range r.all {
		there.Check(t, a.Expr)
		if s := a.Labels["severity"]; s != "critical" && s != "warning" {
			t.Errorf("%s has the severity %q", a.Alert, s)
		}
		if a.Annotations["summary"] == "" || a.Annotations["action"] == "" {
			t.Errorf("%s does not say what has happened, or what to do", a.Alert)
		}
	}
	return r
}

// Documented checks that the document has a row for each alert, with its time and what to do.
func (r *Rules) Documented(t testing.TB, document string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range r.all {
		row := regexp.MustCompile("(?m)^\\| `" + a.Alert + "` \\|.*$").FindString(string(text))
		if !strings.Contains(row, "| "+a.For.String()+" |") || !strings.HasSuffix(row, "| "+a.Annotations["action"]+" |") {
			t.Errorf("%s: the row of %s is not one with %s and %q: %s", document, a.Alert, a.For, a.Annotations["action"], row)
		}
	}
}

// Fires checks which alerts fire in a recording.
func (r *Rules) Fires(t testing.TB, of *Recording, want ...string) {
	t.Helper()
	engine := newEngine()
	defer engine.Close()
	var got []string
	for _, a := range r.all {
		since := firing(t, engine, of, a)
		for alert, from := range since {
			t.Logf("%s fires after %v: %s", a.Alert, from, alert)
		}
		if len(since) > 0 {
			r.fired[a.Alert] = true
			got = append(got, a.Alert)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%v fire, want %v", got, want)
	}
}

// newEngine is Prometheus's engine with Prometheus's settings.
func newEngine() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e7, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: parser.NewParser(parser.Options{}),
	})
}

// AllFired checks that each alert has fired.
func (r *Rules) AllFired(t testing.TB) {
	t.Helper()
	for _, a := range r.all {
		if !r.fired[a.Alert] {
			t.Errorf("%s of %s has never fired", a.Alert, r.path)
		}
	}
}

// firing evaluates an alert as Prometheus does. It returns when the alert has begun to fire, by its labels.
func firing(t testing.TB, engine *promql.Engine, of *Recording, a rulefmt.Rule) map[string]time.Duration {
	t.Helper()
	active, fires := map[string]time.Duration{}, map[string]time.Duration{}
	for at := time.Duration(0); at <= of.end; at += interval {
		now := map[string]time.Duration{}
		for _, s := range ask(t, engine, of, a.Expr, at) {
			key := s.Metric.String()
			since, was := active[key]
			if !was {
				since = at
				checkSummary(t, a, s.Metric)
			}
			now[key] = since
			if _, known := fires[key]; !known && at-since >= time.Duration(a.For) {
				fires[key] = at
			}
		}
		active = now
	}
	return fires
}

func ask(t testing.TB, engine *promql.Engine, of *Recording, query string, at time.Duration) promql.Vector {
	t.Helper()
	q, err := engine.NewInstantQuery(context.Background(), of, nil, query, epoch.Add(at))
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	v, err := q.Exec(context.Background()).Vector()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
	return slices.Clone(v)
}

// checkSummary checks that the alert has the labels that its summary names.
func checkSummary(t testing.TB, a rulefmt.Rule, of labels.Labels) {
	t.Helper()
	for _, l := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(a.Annotations["summary"], -1) {
		if !of.Has(l[1]) {
			t.Errorf("the summary of %s has the label %s, the alert has only %s", a.Alert, l[1], of)
		}
	}
}
