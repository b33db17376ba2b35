package promcheck

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// interval is how often the recorded programs are scraped, and the alerts are evaluated.
const interval = 30 * time.Second

// epoch is when recordings begin. It is not the zero time, so that queries may look back.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A Recording is what Prometheus has scraped.
type Recording struct {
	series map[uint64]*recorded
	end    time.Duration
}

type recorded struct {
	of     labels.Labels
	points []chunks.Sample
}

// job is the name of the scrape job.
const job = "grpclbd"

// Scrape adds the page of an instance as it was at a time since the beginning. Of all metrics only this module's are kept.
func (r *Recording) Scrape(t testing.TB, at time.Duration, instance, page string) {
	t.Helper()
	r.add(at, labels.FromStrings(model.MetricNameLabel, up), instance, 1)
	for _, s := range own(t, page) {
		r.add(at, s.of, instance, s.value)
	}
}

// own returns the values of this module's metrics.
func own(t testing.TB, page string) []sample {
	t.Helper()
	return slices.DeleteFunc(parse(t, page), func(s sample) bool { return !strings.HasPrefix(s.of.Get(model.MetricNameLabel), "grpclb") })
}

// Away notes that an instance could not be scraped, from a time on and for so long.
func (r *Recording) Away(from, lasts time.Duration, instance string) {
	for at := interval; at <= lasts; at += interval {
		r.add(from+at, labels.FromStrings(model.MetricNameLabel, up), instance, 0)
	}
}

// add adds a value.
func (r *Recording) add(at time.Duration, of labels.Labels, instance string, value float64) {
	s := r.of(of, instance)
	s.points = append(s.points, point{epoch.Add(at).UnixMilli(), value})
	r.end = max(r.end, at)
}

// of returns the series of an instance, and makes it if there is none.
func (r *Recording) of(of labels.Labels, instance string) *recorded {
	of = labels.NewBuilder(of).Set("instance", instance).Set("job", job).Labels()
	if r.series == nil {
		r.series = map[uint64]*recorded{}
	}
	s := r.series[of.Hash()]
	if s == nil {
		s = &recorded{of: of}
		r.series[of.Hash()] = s
	}
	return s
}

// Stretch has the program stay as it was on a page, from a time on and for so long. What grows goes on to do so: each interval by as much as from the
// page before to the page.
func (r *Recording) Stretch(t testing.TB, from, lasts time.Duration, instance, before, page string) {
	t.Helper()
	now, then := own(t, page), map[uint64]float64{}
	for _, s := range own(t, before) {
		then[s.of.Hash()] = s.value
	}
	began := map[uint64]float64{}
	for _, s := range now {
		began[s.of.Hash()] = s.value
		if points := r.of(s.of, instance).points; s.grows && len(points) > 0 {
			began[s.of.Hash()] = points[len(points)-1].F()
		}
	}
	for at := interval; at <= lasts; at += interval {
		r.add(from+at, labels.FromStrings(model.MetricNameLabel, up), instance, 1)
		for _, s := range now {
			value := began[s.of.Hash()]
			if s.grows {
				value += (s.value - then[s.of.Hash()]) * float64(at/interval)
			}
			r.add(from+at, s.of, instance, value)
		}
	}
}

// Querier makes a Recording a storage.Queryable.
func (r *Recording) Querier(from, to int64) (storage.Querier, error) {
	return querier{r, from, to}, nil
}

type querier struct {
	*Recording
	from, to int64
}

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := &seriesSet{}
	for _, s := range q.series {
		if slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.of.Get(m.Name)) }) {
			continue
		}
		from, to := s.before(q.from), s.before(q.to+1)
		found.left = append(found.left, storage.NewListSeries(s.of, s.points[from:to]))
	}
	slices.SortFunc(found.left, func(a, b storage.Series) int { return cmp.Compare(a.Labels().String(), b.Labels().String()) })
	return found
}

// before returns how many points are before a time.
func (s *recorded) before(at int64) int {
	n, _ := slices.BinarySearchFunc(s.points, at, func(p chunks.Sample, at int64) int { return cmp.Compare(p.T(), at) })
	return n
}

func (querier) Close() error { return nil }

func (querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

type seriesSet struct {
	left []storage.Series
	now  storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.now, s.left = s.left[0], s.left[1:]
	return true
}

func (s *seriesSet) At() storage.Series                { return s.now }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// A point is a value at a time.
type point struct {
	at    int64 // in milliseconds since 1970
	value float64
}

func (p point) T() int64                      { return p.at }
func (p point) ST() int64                     { return 0 }
func (p point) F() float64                    { return p.value }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }
