package otel

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
)

// A dashboard has what Grafana needs of one to load it.
type dashboard struct {
	Title         string
	UID           string
	SchemaVersion int
	Templating    struct {
		List []struct{ Name, Type, Definition string }
	}
	Panels []struct {
		ID      int
		Title   string
		Type    string
		GridPos struct{ H, W, X, Y int }
		Targets []struct{ Expr, RefID string }
	}
}

// The dashboard is whole, its panels do not overlap, and it shows every metric and no other.
func TestDashboard_NamesTheMetrics(t *testing.T) {
	var d dashboard
	if err := json.Unmarshal([]byte(readFile(t, "../../docs/grafana.json")), &d); err != nil {
		t.Fatal(err)
	}
	if d.Title == "" || d.UID == "" || d.SchemaVersion == 0 || len(d.Templating.List) != 2 {
		t.Errorf("the dashboard is not whole: %+v", d)
	}
	ids, places, queries := map[int]bool{}, map[[2]int]bool{}, ""
	for _, p := range d.Panels {
		if ids[p.ID] || places[[2]int{p.GridPos.X, p.GridPos.Y}] || p.GridPos.X+p.GridPos.W > 24 || p.Type == "" {
			t.Errorf("panel %d, %q, is out of place: %+v", p.ID, p.Title, p.GridPos)
		}
		ids[p.ID], places[[2]int{p.GridPos.X, p.GridPos.Y}] = true, true
		if len(p.Targets) == 0 {
			t.Errorf("panel %q asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			if balance(target.Expr) != 0 || target.RefID == "" {
				t.Errorf("panel %q: %q", p.Title, target.Expr)
			}
			queries += target.Expr + "\n"
		}
	}
	there := exported(t)
	for name := range named(t, "the dashboard", queries, there) {
		delete(there, name)
	}
	for name := range there {
		if !regexp.MustCompile(`_(sum|count)$`).MatchString(name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// Each alert of docs/operating.md names metrics that there are.
func TestAlerts_NameMetrics(t *testing.T) {
	alerts := regexp.MustCompile("(?s)```promql\n(.*?)```").FindAllStringSubmatch(readFile(t, "../../docs/operating.md"), -1)
	if len(alerts) != 5 {
		t.Fatalf("%d alerts, want 5", len(alerts))
	}
	there := exported(t)
	for _, a := range alerts {
		if balance(a[1]) != 0 || len(named(t, "an alert", a[1], there)) == 0 {
			t.Errorf("an alert is wrong: %s", a[1])
		}
	}
}

var metricName = regexp.MustCompile(`grpclb_[a-z_]+`)

// labels are not metrics, except grpclb_mode, which is both.
var labels = map[string]bool{"grpclb_reason": true, "grpclb_kind": true, "grpclb_state": true, "grpclb_token": true}

// named returns the metrics that queries name, which must be among those that there are.
func named(t *testing.T, who, queries string, there map[string]bool) map[string]bool {
	all := map[string]bool{}
	for _, name := range metricName.FindAllString(queries, -1) {
		if labels[name] {
			continue
		}
		all[name] = true
		if !there[name] {
			t.Errorf("%s names %s, which there is not", who, name)
		}
	}
	return all
}

// exported returns the names of the metrics that Prometheus gets.
func exported(t *testing.T) map[string]bool {
	all := map[string]bool{}
	synctest.Test(t, func(t *testing.T) {
		for _, line := range regexp.MustCompile(`(?m)^(grpclb_[a-z_]+)\{`).FindAllStringSubmatch(played(t), -1) {
			all[line[1]] = true
		}
	})
	return all
}

// balance returns how many brackets are open at the end of a query; -1 if a pair does not fit.
func balance(query string) int {
	var open []rune
	closes := map[rune]rune{')': '(', ']': '[', '}': '{'}
	for _, r := range query {
		switch opens, is := closes[r]; {
		case r == '(' || r == '[' || r == '{':
			open = append(open, r)
		case is && (len(open) == 0 || open[len(open)-1] != opens):
			return -1
		case is:
			open = open[:len(open)-1]
		}
	}
	return len(open)
}

func readFile(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
