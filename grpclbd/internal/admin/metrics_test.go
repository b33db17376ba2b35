package admin

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// scrape reads the metrics of a state over HTTP.
func scrape(t *testing.T, s view.State) string {
	t.Helper()
	code, body := ask(t, "GET", "http://"+serve(t, &process{state: s}, &config.Config{})+"/metrics", "")
	if code != 200 {
		t.Fatalf("status %d: %s", code, body)
	}
	return body
}

func TestMetrics(t *testing.T) {
	s := scene()
	s.Balancer = lbserver.State{At: sceneAt, Totals: lbserver.Totals{Opened: 99}}
	lines := strings.Split(scrape(t, s), "\n")
	for _, want := range []string{
		`grpclbd_info{replica="lb-a.example.com:4711",version="v1.2.0"} 1`,
		`grpclbd_ready 1`,
		`grpclbd_config_ok{why="refused"} 0`,
		`grpclbd_config_ok{why="restart"} 0`,
		`grpclbd_config_loaded_time_seconds 1.7723232e+09`,
		`grpclbd_store_reached 0`,
		`grpclbd_replicas 2`,
		`grpclbd_service_mode{mode="serving",service="greeter.example.com:443"} 1`,
		`grpclbd_service_mode{mode="fallback",service="greeter.example.com:443"} 0`,
		`grpclbd_service_mode{mode="waiting",service="slow.example.com:443"} 1`,
		`grpclbd_backends{health="healthy",service="greeter.example.com:443"} 158`,
		`grpclbd_backends{health="unhealthy",service="greeter.example.com:443"} 26`,
		`grpclbd_backends_served{service="greeter.example.com:443"} 169`,
		`grpclbd_backends_draining{service="greeter.example.com:443"} 2`,
		`grpclbd_backends_draining_clients{service="greeter.example.com:443"} 1`,
		`grpclbd_source_age_seconds{kind="etcd",name="services/greeter",service="greeter.example.com:443",source="0"} 3`,
		`grpclbd_source_failing{kind="file",name="/etc/grpclbd/backends.yaml",service="greeter.example.com:443",source="1"} 1`,
		`grpclbd_source_failing{kind="etcd",name="services/greeter",service="greeter.example.com:443",source="0"} 0`,
		`grpclbd_source_held_backends{kind="static",name="10 addresses",service="greeter.example.com:443",source="2"} 2`,
		`grpclbd_guards_holding{service="greeter.example.com:443"} 2`,
		`grpclbd_conflicts{service="greeter.example.com:443"} 1`,
		`grpclbd_clients{service="greeter.example.com:443"} 46`,
		`grpclbd_classes{service="greeter.example.com:443"} 3`,
		`grpclbd_overrides{kind="drain",service="greeter.example.com:443"} 2`,
		`grpclbd_overrides{kind="fallback",service="orders.example.com:443"} 1`,
		`grpclbd_overrides_matching_nothing 2`,
		`grpclbd_list_changes_total{service="greeter.example.com:443"} 812`,
		`grpclbd_calls_started_total{service="greeter.example.com:443"} 8.123456e+06`,
		`grpclbd_calls_failed_total{service="greeter.example.com:443"} 31`,
		`grpclbd_calls_dropped_total{service="greeter.example.com:443",token="shed"} 123369`,
		`grpclb_server_streams_opened_total 99`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("there is no %s", want)
		}
	}
	text := strings.Join(lines, "\n")
	for _, name := range []string{"go_goroutines ", "process_open_fds "} {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("there is no %s", name)
		}
	}
	if strings.Contains(text, `grpclbd_source_age_seconds{kind="dns"`) {
		t.Error("a source that has never spoken has an age")
	}
	faults, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(faults) != 0 {
		t.Errorf("%v, error %v", faults, err)
	}
}

// The metrics of a process that knows nothing, and of one with texts that are not UTF-8 or
// that repeat, can be read.
func TestMetrics_Odd(t *testing.T) {
	if text := scrape(t, view.State{}); !strings.Contains(text, "grpclbd_ready 0") || strings.Contains(text, "grpclb_server_") {
		t.Error(text)
	}
	for _, text := range []string{"a\xffb", "a\"b\nc\\", ""} {
		s := hostile(text)
		s.Services[0].Sources = append(s.Services[0].Sources, s.Services[0].Sources...)
		if text := scrape(t, s); !strings.Contains(text, "grpclbd_calls_dropped_total") {
			t.Error(text)
		}
	}
}

// A service whose clients each have a class of their own has no more series for that.
func TestMetrics_Bounded(t *testing.T) {
	series := func(classes int) int {
		s := scene()
		answers := make([]lbserver.AnswerState, classes)
		for i := range answers {
			answers[i] = lbserver.AnswerState{Class: fmt.Sprint("z1/10.0.0.", i), Number: 1, Since: sceneAt}
			s.Services[0].Classes = append(s.Services[0].Classes, view.Class{Name: answers[i].Class})
		}
		s.Balancer = lbserver.State{At: sceneAt, Services: []lbserver.ServiceState{{Name: s.Services[0].Name, Answers: answers}}}
		return len(regexp.MustCompile(`(?m)^grpclb`).FindAllString(scrape(t, s), -1))
	}
	if few, many := series(200), series(10000); many != few {
		t.Errorf("%d series with 200 classes, %d with 10,000", few, many)
	}
}

// Each metric is in the table of OPERATING.md, and each that is there exists.
func TestMetrics_Documented(t *testing.T) {
	file, err := os.ReadFile("../../OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	text := scrape(t, scene())
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(grpclbd_[a-z_]+)").FindAllStringSubmatch(string(file), -1) {
		documented[m[1]] = true
		if !strings.Contains(text, "# TYPE "+m[1]+" ") {
			t.Errorf("%s is documented, and there is no such metric", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`# TYPE (grpclbd_\w+) `).FindAllStringSubmatch(text, -1) {
		if !documented[m[1]] {
			t.Errorf("%s is not in OPERATING.md", m[1])
		}
	}
}
