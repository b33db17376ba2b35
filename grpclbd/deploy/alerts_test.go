package deploy

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/otel/promcheck"
)

const greeter = "greeter.example.com:443"

// services are two: one that is checked, with clients that report, and one with a long list.
const services = `
services:
- name: greeter.example.com:443
  sources: [{file: backends.yaml}]
  health: {tcp: {}, interval: 100ms, timeout: 100ms, rise: 1, fall: 1}
  guard: {minHealthy: 50, maxRemove: 50, hold: 1h}
  drops: [{token: shed, percent: 5}]
- name: long
  sources: [{file: long.yaml}]
`

// A stage is a balancer that is well, with five backends and twelve clients, and a recording of that.
type stage struct {
	*program
	backends []net.Listener
	guests   []guest
	before   string // the metrics half a minute before well, as the recording has it
	well     string
	record   promcheck.Recording
}

// calls are what a client reports.
var calls = &lbpb.ClientStats{NumCallsStarted: 100, NumCallsFinished: 100, NumCallsFinishedKnownReceived: 95, CallsFinishedWithDrop: []*lbpb.ClientStatsPerToken{
	{LoadBalanceToken: "shed", NumCalls: 5},
}}

// wellFor is how long the balancer is well.
const wellFor = 15 * time.Minute

// set sets the stage. more is more of the configuration.
func set(t *testing.T, path, more string) *stage {
	t.Helper()
	s := &stage{backends: ports(t, 5)}
	s.program = start(t, path, more+services, map[string]string{
		"backends.yaml": list(s.backends), "long.yaml": long(0),
	})
	s.until("grpclbd_ready 1")
	s.until(`grpclbd_backends{health="healthy",service="` + greeter + `"} 5`)
	s.until("grpclbd_store_reached 1")
	s.guests = s.program.guests(greeter, 12, true)
	s.until(`grpclbd_clients{service="` + greeter + `"} 12`)
	s.before = s.report(calls, 100)
	s.well = s.report(calls, 200)
	s.record.Stretch(t, 0, wellFor, "one", s.before, s.well)
	return s
}

// long is a list of many backends, another one for each number.
func long(n int) string {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "- {address: 10.%d.%d.%d:443, token: a token that is not short}\n", n, i/250, i%250)
	}
	return text.String()
}

// report has a client report calls, until so many have finished. It returns the metrics then.
func (s *stage) report(stats *lbpb.ClientStats, finished int) string {
	s.t.Helper()
	s.guests[0].report(s.t, stats)
	return s.until(fmt.Sprintf("grpclbd_calls_finished_total{service=%q} %d\n", greeter, finished))
}

// stays records that it stays like that for so long.
func (s *stage) stays(lasts time.Duration, page string) {
	s.t.Helper()
	s.record.Stretch(s.t, wellFor, lasts, "one", s.well, page)
}

// Each alert fires when it should and at no other time, for the metrics of a real balancer before and after something
// has happened to it, which are taken to last for as long as is said.
func TestAlerts(t *testing.T) {
	path := built(t)
	there := promcheck.Read(t, set(t, path, "").metrics(), "grpclb")
	rules := promcheck.ReadRules(t, "alerts.yaml", there)
	rules.Documented(t, "../OPERATING.md")
	promcheck.Dashboard(t, "grafana.json", there, elsewhere...)
	scene := func(name string, happens func(s *stage), want ...string) {
		t.Run(name, func(t *testing.T) {
			s := set(t, path, "")
			happens(s)
			rules.Fires(t, &s.record, want...)
		})
	}
	scene("all is well", func(s *stage) {
		s.backends[0].Close()
		s.guests[1].leave()
		s.program.guests("unknown", 1, true)
		s.stays(30*time.Minute, s.until(`grpclbd_backends{health="healthy",service="`+greeter+`"} 4`))
		promcheck.Shows(s.t, "grafana.json", &s.record)
	})
	scene("it is gone", func(s *stage) { s.record.Away(wellFor, 3*time.Minute, "one") }, "GrpclbdDown")
	scene("it waits for a source", func(s *stage) {
		waits := start(t, path, "services: [{name: s, sources: [{file: missing.yaml}]}]", nil)
		s.record.Stretch(t, wellFor, 3*time.Minute, "two", waits.metrics(), waits.metrics())
	}, "GrpclbdNotReady")
	scene("every backend is drained", func(s *stage) {
		for _, b := range s.backends {
			s.ctl("drain", b.Addr().String())
		}
		s.stays(2*time.Minute, s.until(`grpclbd_backends_served{service="`+greeter+`"} 0`))
	}, "GrpclbdNoBackends")
	scene("two of five backends are down", func(s *stage) {
		s.backends[0].Close()
		s.backends[1].Close()
		s.stays(2*time.Minute, s.until(`grpclbd_backends{health="healthy",service="`+greeter+`"} 3`))
	}, "GrpclbdBackendsUnhealthy")
	scene("a source takes away four of five backends", func(s *stage) {
		s.write("backends.yaml", list(s.backends[:1]))
		s.stays(2*time.Minute, s.until(`grpclbd_guards_holding{service="`+greeter+`"} 1`))
	}, "GrpclbdGuardHolds")
	scene("a file of backends is spoilt", func(s *stage) {
		s.write("backends.yaml", "nonsense")
		s.stays(6*time.Minute, s.until(`grpclbd_source_failing{kind="file",name="backends.yaml",service="`+greeter+`",source="0"} 1`))
	}, "GrpclbdSourceFails")
	scene("a configuration has a fault", func(s *stage) {
		s.write("grpclbd.yaml", "services: nonsense")
		s.stays(6*time.Minute, s.until(`grpclbd_config_ok{why="refused"} 0`))
	}, "GrpclbdConfigRefused")
	scene("a configuration needs a restart", func(s *stage) {
		s.write("grpclbd.yaml", common+"replica: another"+services)
		s.stays(62*time.Minute, s.until(`grpclbd_config_ok{why="restart"} 0`))
	}, "GrpclbdNeedsRestart")
	t.Run("etcd is away", func(t *testing.T) {
		address := freeAddress(t)
		etcd := start(t, path, "store: {dir: data, listen: "+address+"}\nservices: [{name: x, sources: [{static: [127.0.0.1:1]}]}]", nil)
		s := set(t, path, "store: {etcd: [\"http://"+address+"\"]}")
		etcd.kill()
		s.stays(6*time.Minute, s.until("grpclbd_store_reached 0"))
		rules.Fires(t, &s.record, "GrpclbdStoreAway")
	})
	scene("another replica has fewer backends", func(s *stage) {
		two := start(t, path, "services: [{name: "+greeter+", sources: [{static: [127.0.0.1:1, 127.0.0.1:2]}]}]", nil)
		two.until(`grpclbd_backends_served{service="` + greeter + `"} 2`)
		page := two.until("grpclbd_ready 1")
		s.stays(7*time.Minute, s.well)
		s.record.Stretch(t, wellFor, 7*time.Minute, "two", page, page)
	}, "GrpclbdReplicasDisagree")
	scene("calls fail", func(s *stage) {
		s.stays(8*time.Minute, s.report(&lbpb.ClientStats{NumCallsStarted: 100, NumCallsFinished: 100, NumCallsFinishedWithClientFailedToSend: 3}, 300))
	}, "GrpclbdCallsFail")
	scene("most clients leave", func(s *stage) {
		for _, g := range s.guests[:7] {
			g.leave()
		}
		s.stays(4*time.Minute, s.until(`grpclbd_clients{service="`+greeter+`"} 5`))
	}, "GrpclbdClientsLost")
	scene("clients ask for a wrong name", func(s *stage) {
		s.program.guests("greeter.example.com", 6, true)
		s.stays(12*time.Minute, s.until(`grpclb_server_streams_ended_total{grpc_status="NOT_FOUND"} 6`))
	}, "GrpclbdClientsRefused")
	scene("a client reads nothing", func(s *stage) {
		s.program.guests("long", 1, false)
		s.until(`grpclbd_clients{service="long"} 1`)
		for n := range 4 {
			s.write("long.yaml", long(0)+long(n+1))
			s.until(fmt.Sprintf(`grpclbd_source_backends{kind="file",name="long.yaml",service="long",source="0"} %d`, 10000))
		}
		s.ctl("drain", "10.0.0.1:443")
		s.until(`grpclb_server_clients_behind{grpclb_service="long"} 1`)
		s.stays(12*time.Minute, s.until(`grpclbd_backends_draining_clients{service="long"} 1`))
	}, "GrpclbdClientsBehind", "GrpclbdDrainTakesLong")
	scene("fallback", func(s *stage) {
		s.ctl("fallback", greeter)
		s.stays(17*time.Minute, s.until(`grpclbd_service_mode{mode="fallback",service="`+greeter+`"} 1`))
	}, "GrpclbdFallback")
	scene("an override is forgotten", func(s *stage) {
		s.ctl("weight", s.backends[0].Addr().String(), "7")
		s.stays(25*time.Hour, s.until(`grpclbd_overrides{kind="weight",service="`+greeter+`"} 1`))
	}, "GrpclbdOverrideForgotten")
	rules.AllFired(t)
}

// Counts go on when the configuration is read again, and begin at 0 when the service was removed meanwhile.
func TestAlerts_CountsGoOn(t *testing.T) {
	s := set(t, built(t), "")
	finished := fmt.Sprintf("grpclbd_calls_finished_total{service=%q} ", greeter)
	config := func(services string) { s.write("grpclbd.yaml", common+services) }
	config(strings.Replace(services, "percent: 5", "percent: 6", 1))
	s.until(fmt.Sprintf(`grpclb_server_answer_drops_ratio{grpclb_class="",grpclb_service=%q} 0.06`, greeter))
	if page := s.metrics(); !strings.Contains(page, "\n"+finished+"200\n") {
		t.Errorf("there is no %s200 in\n%s", finished, page)
	}
	config("services: [{name: another, sources: [{static: [127.0.0.1:1]}]}]")
	if page := s.until(`grpclbd_clients{service="another"}`); strings.Contains(page, greeter) {
		t.Errorf("%s is still in\n%s", greeter, page)
	}
	config(services)
	s.until(finished + "0\n")
}

// elsewhere are metrics of lbserver that the dashboard leaves out: docs/grafana-balancer.json has them, and grpclbd's own say the
// same of services.
var elsewhere = []string{
	"grpclb_server_services", "grpclb_server_clients", "grpclb_server_answer_age_seconds", "grpclb_server_answer_fallback",
	"grpclb_server_answer_servers", "grpclb_server_answer_drops_ratio", "grpclb_server_calls_started_total",
	"grpclb_server_calls_finished_total", "grpclb_server_calls_unsent_total", "grpclb_server_calls_received_total",
	"grpclb_server_calls_dropped_total",
}
