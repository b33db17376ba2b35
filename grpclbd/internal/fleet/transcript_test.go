package fleet

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/internal/transcript"
	"github.com/actorlb/grpclb/lbserver"
)

// Each line of a transcript is an event, and below it is what the core wants done:
//
//	before SOURCE, AGE ago: BACKEND…  what was in force of it before the start; first of all
//	config SOURCE… [health] [load] [zones] [subset=N]
//	source SLOT: BACKEND…            a backend is its address and, with commas, what is special
//	source SLOT fails: ERROR
//	overrides: DRAIN…                drain a, weight a 3, drop t 5, fallback; with "for 1m"
//	healthy ADDRESS…   unhealthy ADDRESS…
//	load ADDRESS=WEIGHT…
//	confirm
//	client ADDRESS [ZONE]            it asks, and its stream begins
//	leaves N                         the n-th client
//	pass DURATION                    and what happens in it, with the time since the event
func TestTranscripts(t *testing.T) {
	transcript.Play(t, "testdata/*.txt", func(t *testing.T, script string) string {
		s := &scribe{t: t, bench: &bench{core: newCore("svc"), t: t, now: start, answers: map[string]lbserver.AnswerState{}, sources: map[int]config.Source{}}}
		for line := range strings.Lines(script) {
			if line = strings.TrimRight(line, "\n"); strings.HasPrefix(line, " ") {
				continue
			}
			s.out = append(s.out, line)
			if line != "" && !strings.HasPrefix(line, "#") {
				s.event(line)
			}
		}
		return strings.Join(s.out, "\n") + "\n"
	})
}

// A scribe plays a script and writes what happens.
type scribe struct {
	*bench
	t       *testing.T
	out     []string
	clients []lbserver.Client
	before  memory.State
	recalls bool // what is kept is written down
}

func (s *scribe) event(line string) {
	words := strings.Fields(line)
	began := s.now
	switch {
	case words[0] == "before":
		s.remembers(words[1:])
		return
	case words[0] == "config":
		if !s.recall.known {
			s.recalled(s.before)
		}
		s.configure(configOf(words[1:]))
	case words[0] == "source" && strings.Contains(line, " fails: "):
		s.sourceSaid(slotOf(words[1]), backend.Report{Err: errors.New(strings.Join(words[3:], " ")), At: s.now}, s.now)
	case words[0] == "source":
		s.sourceSaid(slotOf(words[1]), backend.Report{Backends: backendsOf(words[2:]), At: s.now}, s.now)
	case words[0] == "overrides:":
		s.overridesSaid(overridesOf(strings.TrimPrefix(line, "overrides:"), s.now), s.now)
	case words[0] == "healthy" || words[0] == "unhealthy":
		s.healthSaid(s.watching.watcher, healthOf(words))
	case words[0] == "load":
		s.loadSaid(s.watching.watcher, loadsOf(words[1:]), s.now)
	case words[0] == "confirm":
		s.confirm()
	case words[0] == "client":
		s.client(words[1], strings.Join(words[2:], ""))
	case words[0] == "leaves":
		s.ended(s.clients[slotOf(words[1])-1], s.now)
	case words[0] == "pass":
		s.lives(words[1])
	default:
		s.t.Fatalf("what is %q?", line)
	}
	s.tick(s.now)
	s.write(began)
}

// remembers takes "one, 3h ago: a b".
func (s *scribe) remembers(words []string) {
	age, err := time.ParseDuration(words[1])
	if err != nil {
		s.t.Fatal(err)
	}
	source := "dns " + strings.TrimSuffix(words[0], ",")
	s.recalls, s.before.At = true, s.now.Add(-age)
	s.before.Sources = append(s.before.Sources, memory.Said{Source: source, Backends: backendsOf(words[3:])})
}

func (s *scribe) client(address, zone string) {
	c := s.guest(address+":5", zoneHeader, zone)
	c.Class = s.classify(c, s.now)
	s.began(c, s.now)
	s.clients = append(s.clients, c)
}

// lives lets time pass and writes what happens in it.
func (s *scribe) lives(duration string) {
	d, err := time.ParseDuration(duration)
	if err != nil {
		s.t.Fatal(err)
	}
	began := s.now
	for end := s.now.Add(d); ; {
		at := s.next()
		if at.IsZero() || at.After(end) {
			s.now = end
			return
		}
		s.now = at
		s.tick(s.now)
		s.write(began)
	}
}

// write does what is to be done and writes it down.
func (s *scribe) write(began time.Time) {
	for len(s.todo) > 0 {
		todo := s.todo
		s.todo = nil
		for _, a := range todo {
			s.performs(a)
			if _, kept := a.(keep); kept && !s.recalls {
				continue
			}
			line := "    " + s.inWords(a)
			if since := s.now.Sub(began); since > 0 {
				line = fmt.Sprintf("    after %v: %s", since, s.inWords(a))
			}
			s.out = append(s.out, line)
		}
	}
}

func (s *scribe) inWords(a action) string {
	switch a := a.(type) {
	case startSource:
		return fmt.Sprintf("start source %d, %s", a.slot, a.source.DNS)
	case stopSource:
		return fmt.Sprintf("stop source %d", a.slot)
	case keep:
		return "keep" + keptInWords(a.said)
	case watch:
		return "watch " + strings.Join(a.addresses, " ")
	case setServers:
		return fmt.Sprintf("class %q: %s", a.class, s.list(a.class))
	case setFallback:
		return fmt.Sprintf("class %q: fallback", a.class)
	case removeClass:
		return fmt.Sprintf("class %q is gone", a.class)
	case changedLists, say:
		return "log: " + s.log[len(s.log)-1]
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", a), "fleet.")
}

func keptInWords(all []memory.Said) (text string) {
	for _, said := range all {
		text += " " + said.Source + ":"
		for _, b := range said.Backends {
			text += " " + b.Address
		}
	}
	return text
}

func slotOf(word string) (n int) {
	fmt.Sscan(strings.TrimSuffix(word, ":"), &n)
	return n
}

func configOf(words []string) config.Service {
	cfg := config.Service{Name: "svc", Guard: guard}
	for _, w := range words {
		switch {
		case w == "health":
			cfg.Health = &config.Health{}
		case w == "load":
			cfg.Load = &config.Load{ORCA: true, Interval: 10 * time.Second}
		case w == "zones":
			cfg.Zones = &config.Zones{Spill: 70}
		case strings.HasPrefix(w, "subset="):
			fmt.Sscan(strings.TrimPrefix(w, "subset="), &cfg.Subset)
		default:
			cfg.Sources = append(cfg.Sources, config.Source{DNS: w})
		}
	}
	return cfg
}

func backendsOf(words []string) []backend.Backend {
	all := []backend.Backend{}
	for _, w := range words {
		parts := strings.Split(w, ",")
		all = append(all, be(parts[0], parts[1:]...))
	}
	return all
}

func overridesOf(text string, now time.Time) (all []override.Override) {
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		o := override.Override{Kind: override.Kind(words[0]), Service: "svc", Who: "ann"}
		if n := len(words); n > 2 && words[n-2] == "for" {
			d, _ := time.ParseDuration(words[n-1])
			o.Until, words = now.Add(d), words[:n-2]
		}
		if len(words) > 1 {
			o.Address, o.Token = words[1], words[1]
		}
		if len(words) > 2 {
			o.Value = slotOf(words[2])
		}
		all = append(all, o)
	}
	return all
}

func healthOf(words []string) (all []observe.Health) {
	for _, a := range words[1:] {
		all = append(all, observe.Health{Address: a, Healthy: words[0] == "healthy", Why: "no answer within 1s"})
	}
	return all
}

func loadsOf(words []string) (all []observe.Load) {
	for _, w := range words {
		l := observe.Load{}
		name, weight, _ := strings.Cut(w, "=")
		l.Address = name
		fmt.Sscan(weight, &l.Weight)
		all = append(all, l)
	}
	return all
}
