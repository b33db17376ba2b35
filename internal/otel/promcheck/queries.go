package promcheck

import (
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// A Family is a metric as Prometheus gets it.
type Family struct {
	Grows  bool            // a counter, or a part of a histogram
	Labels map[string]bool // of all its series
}

// Families are the metrics by name.
type Families map[string]Family

// Read returns the metrics of a page whose names begin with one of the prefixes.
func Read(t testing.TB, page string, prefixes ...string) Families {
	t.Helper()
	all := Families{}
	for _, s := range parse(t, page) {
		name := s.of.Get(model.MetricNameLabel)
		if !hasPrefix(name, prefixes) {
			continue
		}
		f, known := all[name]
		if !known {
			f = Family{Grows: s.grows, Labels: map[string]bool{}}
			all[name] = f
		}
		s.of.Range(func(l labels.Label) { f.Labels[l.Name] = true })
	}
	return all
}

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// Asked is what a query names.
type Asked struct{ Names, Grouped map[string]bool }

// ofPrometheus are labels that Prometheus adds to each series, and up the metric that it makes for each program.
var ofPrometheus = map[string]bool{"instance": true, "job": true}

const up = "up"

// Check parses a query. Each metric in it must be there, with the labels by which the query selects, matches and groups;
// what grows must be read by its rate, and a gauge must not.
func (all Families) Check(t testing.TB, query string) Asked {
	t.Helper()
	root, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	a := Asked{Names: map[string]bool{}, Grouped: map[string]bool{}}
	parser.Inspect(root, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.AggregateExpr:
			for _, label := range n.Grouping {
				a.Grouped[label] = true
			}
		case *parser.VectorSelector:
			a.Names[n.Name] = true
			all.checkSelector(t, query, n, path)
		}
		return nil
	})
	return a
}

func (all Families) checkSelector(t testing.TB, query string, n *parser.VectorSelector, path []parser.Node) {
	t.Helper()
	f, there := all[n.Name]
	if !there && n.Name != up {
		t.Errorf("%s: there is no metric %s", query, n.Name)
	}
	if ranged := len(path) > 0 && isRange(path[len(path)-1]); ranged != f.Grows {
		t.Errorf("%s: %s is a count: %t, read by its rate: %t", query, n.Name, f.Grows, ranged)
	}
	for _, label := range labelsFor(n, path) {
		if !f.Labels[label] && !ofPrometheus[label] {
			t.Errorf("%s: %s has no label %s", query, n.Name, label)
		}
	}
}

func isRange(n parser.Node) bool { _, is := n.(*parser.MatrixSelector); return is }

// labelsFor returns the labels by which a series is selected, and by which it is grouped and matched above.
func labelsFor(n *parser.VectorSelector, path []parser.Node) (names []string) {
	for _, matcher := range n.LabelMatchers {
		if matcher.Name != model.MetricNameLabel {
			names = append(names, matcher.Name)
		}
	}
	for _, above := range path {
		switch node := above.(type) {
		case *parser.AggregateExpr:
			names = append(names, node.Grouping...)
		case *parser.BinaryExpr:
			if node.VectorMatching != nil && node.VectorMatching.On {
				names = append(names, node.VectorMatching.MatchingLabels...)
			}
		}
	}
	return names
}
