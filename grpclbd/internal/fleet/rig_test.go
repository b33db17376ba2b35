package fleet

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// A bench does what the loop does for a core. The test says what time it is.
type bench struct {
	*core
	t   *testing.T
	now time.Time

	answers map[string]lbserver.AnswerState // by class
	numbers uint64
	sets    int // lists that were set
	log     []string
	watches []string
	sources map[int]config.Source
	ids     uint64 // of clients
	kept    []memory.Said

	announced int   // how often
	refuses   error // what the balancer says to a list
}

var start = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// guard is that of a configuration where nothing is said about it.
var guard = config.Guard{MinHealthy: 50, MaxRemove: 50, Hold: time.Minute}

// newBench has a core with a configuration, one source if it has none.
func newBench(t *testing.T, cfg config.Service) *bench { return newBenchAfter(t, cfg, memory.State{}) }

// newBenchAfter is newBench after a restart.
func newBenchAfter(t *testing.T, cfg config.Service, before memory.State) *bench {
	b := &bench{core: newCore("svc"), t: t, now: start, answers: map[string]lbserver.AnswerState{}, sources: map[int]config.Source{}}
	b.recalled(before)
	b.configures(cfg)
	return b
}

// serving has a core that serves these backends of one source, without a class.
func serving(t *testing.T, cfg config.Service, backends ...backend.Backend) *bench {
	b := newBench(t, cfg)
	b.overrides()
	b.says(1, backends...)
	return b
}

func (b *bench) configures(cfg config.Service) {
	cfg.Name = "svc"
	if cfg.Sources == nil {
		cfg.Sources = []config.Source{{DNS: "one"}}
	}
	if cfg.Guard == (config.Guard{}) {
		cfg.Guard = guard
	}
	b.configure(cfg)
	b.settle()
}

func (b *bench) says(slot int, backends ...backend.Backend) {
	if backends == nil {
		backends = []backend.Backend{}
	}
	b.sourceSaid(slot, backend.Report{Backends: backends, At: b.now}, b.now)
	b.settle()
}

func (b *bench) fails(slot int, err error) {
	b.sourceSaid(slot, backend.Report{Err: err, At: b.now}, b.now)
	b.settle()
}

func (b *bench) overrides(all ...override.Override) {
	b.overridesSaid(all, b.now)
	b.settle()
}

func (b *bench) healthy(addresses ...string)   { b.checked(true, addresses) }
func (b *bench) unhealthy(addresses ...string) { b.checked(false, addresses) }

func (b *bench) checked(healthy bool, addresses []string) {
	var all []observe.Health
	for _, a := range addresses {
		h := observe.Health{Address: a, Healthy: healthy, Ever: healthy, Since: b.now}
		if !healthy {
			h.Why = "it said NOT_SERVING"
		}
		all = append(all, h)
	}
	b.healthSaid(b.watching.watcher, all)
	b.settle()
}

func (b *bench) loads(weights map[string]float64) {
	var all []observe.Load
	for a, w := range weights {
		all = append(all, observe.Load{Address: a, Weight: w, At: b.now})
	}
	b.loadSaid(b.watching.watcher, all, b.now)
	b.settle()
}

// passes lets the time pass, and what is due in it happen when it is due.
func (b *bench) passes(d time.Duration) {
	end := b.now.Add(d)
	for {
		at := b.next()
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(b.now) {
			b.now = at
		}
		b.tick(b.now)
		b.perform()
	}
	b.now = end
}

// settle publishes what has changed, after as long as that takes.
func (b *bench) settle() {
	b.tick(b.now)
	b.perform()
	b.passes(calm)
}

func (b *bench) perform() {
	for len(b.todo) > 0 {
		todo := b.todo
		b.todo = nil
		for _, a := range todo {
			b.performs(a)
		}
	}
}

func (b *bench) performs(a action) {
	switch a := a.(type) {
	case startSource:
		b.sources[a.slot] = a.source
	case stopSource:
		delete(b.sources, a.slot)
	case keep:
		b.kept = a.said
	case startWatcher, stopWatcher:
		b.watches = nil
	case watch:
		b.watches = a.addresses
	case setServers:
		if b.refuses != nil {
			b.refused(a.class, b.refuses)
			return
		}
		b.set(lbserver.AnswerState{Class: a.class, Servers: a.servers})
	case setFallback:
		b.set(lbserver.AnswerState{Class: a.class, Fallback: true})
	case removeClass:
		delete(b.answers, a.class)
	case number:
		b.numbered(b.all())
	case announce:
		if b.answers[""].Number == 0 {
			b.t.Error("the service is announced before clients have an answer")
		}
		b.announced++
	case changedLists:
		b.performs(a.line())
	case say:
		line := a.level.String() + " " + a.text
		for _, at := range a.attrs {
			line += " " + at.String()
		}
		b.log = append(b.log, line)
	default:
		b.t.Fatalf("the core wants %T", a)
	}
}

func (b *bench) set(a lbserver.AnswerState) {
	if before, there := b.answers[a.Class]; there && before.Fallback == a.Fallback && slices.Equal(before.Servers, a.Servers) {
		b.t.Errorf("class %q was told the same again", a.Class)
	}
	b.sets++
	b.numbers++
	a.Number = b.numbers
	b.answers[a.Class] = a
}

func (b *bench) all() (all []lbserver.AnswerState) {
	for _, a := range b.answers {
		all = append(all, a)
	}
	return all
}

// list is how a class's answer reads: "a:2 b:1 drop shed:5".
func (b *bench) list(class string) string {
	a, there := b.answers[class]
	switch {
	case !there:
		return "nothing"
	case a.Fallback:
		return "fallback"
	case len(a.Servers) == 0:
		return "empty"
	}
	var words []string
	for _, s := range a.Servers {
		name := s.Address
		if s.Drop {
			name = "drop " + s.Token
		}
		words = append(words, fmt.Sprintf("%s:%d", name, max(s.Weight, 1)))
	}
	return strings.Join(words, " ")
}

// wants checks the answer of clients without a class.
func (b *bench) wants(list string) { b.t.Helper(); b.classWants("", list) }

func (b *bench) classWants(class, list string) {
	b.t.Helper()
	if got := b.list(class); got != list {
		b.t.Errorf("class %q is told %s, want %s", class, got, list)
	}
}

// logged returns how often a line was logged that contains the text.
func (b *bench) logged(text string) (n int) {
	for _, line := range b.log {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func (b *bench) wantsLogged(n int, text string) {
	b.t.Helper()
	if got := b.logged(text); got != n {
		b.t.Errorf("%d lines with %q, want %d; the log:\n%s", got, text, n, strings.Join(b.log, "\n"))
	}
}

// joins classifies a client from an address, with headers, and begins its stream.
func (b *bench) joins(address string, headers ...string) lbserver.Client {
	c := b.guest(address, headers...)
	c.Class = b.classify(c, b.now)
	b.perform()
	b.began(c, b.now)
	b.perform()
	return c
}

// guest is a client that has not been classified.
func (b *bench) guest(address string, headers ...string) lbserver.Client {
	b.ids++
	c := lbserver.Client{ID: b.ids, Service: "svc", Metadata: metadata.Pairs(headers...), Peer: &peer.Peer{}}
	if address != "" {
		c.Peer.Addr = tcp(address)
	}
	return c
}

func (b *bench) leaves(c lbserver.Client) { b.ended(c, b.now); b.settle() }

// sees describes the service to these clients, each of which was handed an answer.
func (b *bench) sees(clients ...lbserver.ClientState) view.Service {
	return b.describe(b.state(clients)).Service
}

// state is what the balancer says.
func (b *bench) state(clients []lbserver.ClientState) lbserver.State {
	return lbserver.State{At: b.now, Clients: clients, Services: []lbserver.ServiceState{{Name: "svc", Answers: b.all()}}}
}

func (b *bench) backend(address string, clients ...lbserver.ClientState) view.Backend {
	b.t.Helper()
	for _, v := range b.sees(clients...).Backends {
		if v.Address == address {
			return v
		}
	}
	b.t.Fatalf("no backend %s", address)
	return view.Backend{}
}

func tcp(address string) net.Addr {
	host, port, _ := net.SplitHostPort(address)
	n := 0
	fmt.Sscan(port, &n)
	return &net.TCPAddr{IP: net.ParseIP(host), Port: n}
}

// be is a backend: its address, and what is special about it as zone=z, weight=n, token=t; any other
// name is a label.
func be(address string, special ...string) backend.Backend {
	b := backend.Backend{Address: address, Weight: 1}
	for _, s := range special {
		switch name, value, _ := strings.Cut(s, "="); name {
		case "zone":
			b.Zone = value
		case "weight":
			fmt.Sscan(value, &b.Weight)
		case "token":
			b.Token = value
		default:
			if b.Labels == nil {
				b.Labels = map[string]string{}
			}
			b.Labels[name] = value
		}
	}
	return b
}

// many is n backends a, b, c …, with what is special.
func many(n int, special ...string) (all []backend.Backend) {
	for i := range n {
		all = append(all, be(letter(i), special...))
	}
	return all
}

func letter(i int) string { return string(rune('a' + i)) }
