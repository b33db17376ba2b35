package promcheck

import (
	"math"
	"strconv"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// A sample is a value on a page of metrics.
type sample struct {
	of    labels.Labels // with the name
	value float64
	grows bool // a counter, or a part of a histogram
}

// parse reads a page as Prometheus does. Labels that OpenTelemetry adds for the scope are left out.
func parse(t testing.TB, page string) (all []sample) {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for name, family := range families {
		for _, m := range family.Metric {
			all = append(all, samplesOf(name, family.GetType(), m)...)
		}
	}
	return all
}

// samplesOf returns the values of a metric, of which a histogram has several.
func samplesOf(name string, kind dto.MetricType, m *dto.Metric) []sample {
	of := func(suffix string, more ...string) labels.Labels {
		b := labels.NewBuilder(labels.FromStrings(more...)).Set(model.MetricNameLabel, name+suffix)
		for _, l := range m.Label {
			if !strings.HasPrefix(l.GetName(), "otel_scope_") {
				b.Set(l.GetName(), l.GetValue())
			}
		}
		return b.Labels()
	}
	h := m.GetHistogram()
	if h == nil {
		value := m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() // only one of them is there
		return []sample{{of(""), value, kind == dto.MetricType_COUNTER}}
	}
	all := []sample{
		{of("_sum"), h.GetSampleSum(), true}, {of("_count"), float64(h.GetSampleCount()), true},
		{of("_bucket", "le", "+Inf"), float64(h.GetSampleCount()), true},
	}
	for _, b := range h.Bucket {
		if !math.IsInf(b.GetUpperBound(), 1) {
			le := strconv.FormatFloat(b.GetUpperBound(), 'g', -1, 64)
			all = append(all, sample{of("_bucket", "le", le), float64(b.GetCumulativeCount()), true})
		}
	}
	return all
}
