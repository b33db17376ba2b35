package promcheck

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	grafanaprometheus "github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// Dashboard checks a dashboard: Grafana's types take it, its panels do not overlap, each has a unit and asks for something that
// there is, and each metric is shown, but for those that are left out and the sums and counts of histograms.
func Dashboard(t testing.TB, path string, there Families, leftOut ...string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, name := range leftOut {
		shown[name] = true
	}
	panels := panels(t, file)
	checkForm(t, panels)
	for _, p := range panels {
		checkQueries(t, p, there, shown)
	}
	for name := range there {
		if !shown[name] && !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count") {
			t.Errorf("%s does not show %s", path, name)
		}
	}
	variables := regexp.MustCompile(`"query": "label_values\((\w+), (\w+)\)"`).FindAllStringSubmatch(string(file), -1)
	if len(variables) == 0 {
		t.Errorf("%s has no variable", path)
	}
	for _, v := range variables {
		if !there[v[1]].Labels[v[2]] {
			t.Errorf("%s: %s has no label %s", path, v[1], v[2])
		}
	}
}

// Shows checks that each query of a dashboard has a result at the end of a recording, whatever is chosen in its variables.
func Shows(t testing.TB, path string, of *Recording) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	engine := newEngine()
	defer engine.Close()
	for _, p := range panels(t, file) {
		for _, target := range p.Targets {
			query := regexp.MustCompile(`\$\w+`).ReplaceAllString(target.(*grafanaprometheus.Dataquery).Expr, ".*")
			if len(ask(t, engine, of, query, of.end)) == 0 {
				t.Errorf("panel %q shows nothing: %s", *p.Title, query)
			}
		}
	}
}

// panels reads the dashboard with the types that Grafana generates from its own schema, which is strict about names and
// types of fields.
func panels(t testing.TB, file []byte) (all []dashboard.Panel) {
	t.Helper()
	types := cog.NewRuntime()
	types.RegisterDataqueryVariant(grafanaprometheus.VariantConfig())
	types.RegisterPanelcfgVariant(timeseries.VariantConfig())
	var d, strict dashboard.Dashboard //lint:ignore SA1019 the form that every Grafana can import
	if err := strict.UnmarshalJSONStrict(file); failed(err) {
		t.Fatal(err)
	}
	if err := json.Unmarshal(file, &d); err != nil {
		t.Fatal(err)
	}
	if err := d.Validate(); failed(err) {
		t.Fatal(err)
	}
	if d.Title == nil || d.Uid == nil {
		t.Error("the dashboard has no title or no uid")
	}
	for _, p := range d.Panels {
		if p.Panel == nil {
			t.Fatal("there is a row in place of a panel")
		}
		all = append(all, *p.Panel)
	}
	return all
}

// failed reports whether there is an error. In place of nil the generated code returns an empty list of errors, which also makes its
// strict functions leave out what they have read; so these only check.
func failed(err error) bool {
	var list cog.BuildErrors
	return err != nil && (!errors.As(err, &list) || len(list) > 0)
}

func checkForm(t testing.TB, panels []dashboard.Panel) {
	t.Helper()
	ids, places := map[uint32]bool{}, map[[2]uint32]string{}
	for _, p := range panels {
		if p.Id == nil || p.Title == nil || p.GridPos == nil || p.FieldConfig == nil || p.FieldConfig.Defaults.Unit == nil || len(p.Targets) == 0 {
			t.Fatalf("a panel is not whole: %+v", p)
		}
		if ids[*p.Id] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %q has the number of another one, or is too far right", *p.Title)
		}
		ids[*p.Id] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				place := [2]uint32{p.GridPos.X + x, p.GridPos.Y + y}
				if other := places[place]; other != "" {
					t.Fatalf("the panels %q and %q overlap", *p.Title, other)
				}
				places[place] = *p.Title
			}
		}
	}
}

// checkQueries checks that Prometheus takes the queries of a panel, that what they ask for is there, and that they have the unit of
// the panel. It notes what they show.
func checkQueries(t testing.TB, p dashboard.Panel, there Families, shown map[string]bool) {
	t.Helper()
	for _, target := range p.Targets {
		query, ok := target.(*grafanaprometheus.Dataquery)
		if !ok {
			t.Fatalf("panel %q asks with a %T", *p.Title, target)
		}
		asked := there.Check(t, query.Expr)
		if want := unitOf(query.Expr); *p.FieldConfig.Defaults.Unit != want {
			t.Errorf("panel %q has the unit %s, %s has %s", *p.Title, *p.FieldConfig.Defaults.Unit, query.Expr, want)
		}
		for _, label := range regexp.MustCompile(`\{\{(.*?)\}\}`).FindAllStringSubmatch(legendOf(query), -1) {
			if !asked.Grouped[label[1]] {
				t.Errorf("the legend of panel %q has %s, which %s does not keep", *p.Title, label[1], query.Expr)
			}
		}
		for name := range asked.Names {
			shown[name] = true
		}
	}
}

func legendOf(query *grafanaprometheus.Dataquery) string {
	if query.LegendFormat == nil {
		return ""
	}
	return *query.LegendFormat
}

// unitOf returns Grafana's name of the unit in which the result of a query is.
func unitOf(query string) string {
	has := func(part string) bool { return strings.Contains(query, part) }
	switch rate := has("rate("); {
	case strings.HasPrefix(query, "histogram_quantile("):
		return "s"
	case has("_ratio") || rate && has("_seconds"):
		return "percentunit" // the second: seconds a second
	case rate && has("_bytes"):
		return "Bps"
	case rate && (has("reports") || has("answers") || has("streams")):
		return "cps"
	case rate:
		return "reqps"
	case has("_seconds"):
		return "s"
	default:
		return "short"
	}
}
