package otel

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	grafanaprometheus "github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// panels reads the dashboard with the types that Grafana generates from its own schema, which is strict about names and
// types of fields.
func panels(t *testing.T) (all []dashboard.Panel) {
	t.Helper()
	types := cog.NewRuntime()
	types.RegisterDataqueryVariant(grafanaprometheus.VariantConfig())
	types.RegisterPanelcfgVariant(timeseries.VariantConfig())
	file := []byte(readFile(t, "../../docs/grafana.json"))
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
	if d.Title == nil || d.Uid == nil || len(d.Templating.List) != 2 {
		t.Errorf("the dashboard has no title, no uid or not two variables")
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

// Grafana's types take the dashboard, its panels do not overlap, and each has a unit and asks for something.
func TestDashboard_Form(t *testing.T) {
	ids, places := map[uint32]bool{}, map[[2]uint32]string{}
	for _, p := range panels(t) {
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

// Each query is one that Prometheus takes, over metrics and labels that there are, and has the unit of its panel. Each
// metric is shown.
func TestDashboard_Queries(t *testing.T) {
	there := exported(t)
	shown := map[string]bool{}
	for _, p := range panels(t) {
		for _, target := range p.Targets {
			query, ok := target.(*grafanaprometheus.Dataquery)
			if !ok {
				t.Fatalf("panel %q asks with a %T", *p.Title, target)
			}
			asked := there.check(t, query.Expr)
			if want := unitOf(query.Expr); *p.FieldConfig.Defaults.Unit != want {
				t.Errorf("panel %q has the unit %s, %s has %s", *p.Title, *p.FieldConfig.Defaults.Unit, query.Expr, want)
			}
			for _, label := range regexp.MustCompile(`\{\{(.*?)\}\}`).FindAllStringSubmatch(legendOf(query), -1) {
				if !asked.grouped[label[1]] {
					t.Errorf("the legend of panel %q has %s, which %s does not keep", *p.Title, label[1], query.Expr)
				}
			}
			for name := range asked.names {
				shown[name] = true
			}
		}
	}
	for name := range there {
		if !shown[name] && !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count") {
			t.Errorf("the dashboard does not show %s", name)
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
	switch rate, seconds := strings.Contains(query, "rate("), strings.Contains(query, "_seconds"); {
	case strings.HasPrefix(query, "histogram_quantile("):
		return "s"
	case rate && seconds:
		return "percentunit" // seconds a second
	case rate && strings.Contains(query, "reports"):
		return "cps"
	case rate:
		return "reqps"
	case seconds:
		return "s"
	default:
		return "short"
	}
}

// The variable of the dashboard is a label that there is.
func TestDashboard_Variable(t *testing.T) {
	there := exported(t)
	variable := regexp.MustCompile(`label_values\((\w+), (\w+)\)`).FindStringSubmatch(readFile(t, "../../docs/grafana.json"))
	if variable == nil || !there[variable[1]].labels[variable[2]] {
		t.Errorf("there is no such label: %q", variable)
	}
}
