package otel

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// A family is a metric as Prometheus gets it.
type family struct {
	counts bool            // a counter, or a part of a histogram: it only grows
	labels map[string]bool // of all its series
}

// families are the metrics by name.
type families map[string]family

// exported returns the metrics that Prometheus gets.
func exported(t *testing.T) families {
	t.Helper()
	all, types := families{}, map[string]string{}
	synctest.Test(t, func(t *testing.T) {
		for line := range strings.Lines(played(t)) {
			if kind := regexp.MustCompile(`^# TYPE (grpclb_\w+) (\w+)`).FindStringSubmatch(line); kind != nil {
				types[kind[1]] = kind[2]
			}
			series := regexp.MustCompile(`^(grpclb_\w+)\{(.*)\} `).FindStringSubmatch(line)
			if series == nil {
				continue
			}
			f, known := all[series[1]]
			if !known {
				f = family{counts: types[series[1]] != "gauge", labels: map[string]bool{}}
				all[series[1]] = f
			}
			for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(series[2], -1) {
				f.labels[label[1]] = true
			}
		}
	})
	return all
}

// asked is what a query names.
type asked struct{ names, grouped map[string]bool }

// ofPrometheus are labels that Prometheus adds to each series.
var ofPrometheus = map[string]bool{"instance": true, "job": true}

// check parses a query. Each metric in it must be there, with the labels by which the query selects and groups; what grows
// must be read by its rate, and a gauge must not.
func (all families) check(t *testing.T, query string) asked {
	t.Helper()
	root, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	a := asked{names: map[string]bool{}, grouped: map[string]bool{}}
	parser.Inspect(root, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.AggregateExpr:
			for _, label := range n.Grouping {
				a.grouped[label] = true
			}
		case *parser.VectorSelector:
			a.names[n.Name] = true
			f, there := all[n.Name]
			if !there {
				t.Errorf("%s: there is no metric %s", query, n.Name)
			}
			if ranged := len(path) > 0 && isRange(path[len(path)-1]); ranged != f.counts {
				t.Errorf("%s: %s is a count: %t, read by its rate: %t", query, n.Name, f.counts, ranged)
			}
			for _, label := range labelsFor(n, path) {
				if !f.labels[label] && !ofPrometheus[label] {
					t.Errorf("%s: %s has no label %s", query, n.Name, label)
				}
			}
		}
		return nil
	})
	return a
}

func isRange(n parser.Node) bool { _, is := n.(*parser.MatrixSelector); return is }

// labelsFor returns the labels by which a series is selected, and by which it is grouped above.
func labelsFor(n *parser.VectorSelector, path []parser.Node) (names []string) {
	for _, matcher := range n.LabelMatchers {
		if matcher.Name != model.MetricNameLabel {
			names = append(names, matcher.Name)
		}
	}
	for _, above := range path {
		if group, is := above.(*parser.AggregateExpr); is {
			names = append(names, group.Grouping...)
		}
	}
	return names
}

// Each alert of docs/operating.md is a query that Prometheus takes, over metrics and labels that there are.
func TestAlerts(t *testing.T) {
	alerts := regexp.MustCompile("(?s)```promql\n(.*?)```").FindAllStringSubmatch(readFile(t, "../../docs/operating.md"), -1)
	if len(alerts) != 5 {
		t.Fatalf("%d alerts, want 5", len(alerts))
	}
	there := exported(t)
	for _, a := range alerts {
		there.check(t, a[1])
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
