package grpclb

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/transcript"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/rrgroup"
	"github.com/actorlb/grpclb/tokens"
)

// TestMode_Transcripts plays each file of testdata/mode to a machine. A line
// that is not indented is an event, or several that come at once, joined by
// "+"; the indented lines after it are what must come of it. See stage.
func TestMode_Transcripts(t *testing.T) { transcript.Play(t, "testdata/mode/*.txt", transcribe) }

// A stage is what a transcript is played on: a machine, and what the stream
// would say to it.
type stage struct {
	now     time.Time
	machine machine
	stream  lbstream.Status
	number  uint64   // of the present stream
	words   []string // of the latest list
	full    []string // of the latest that is not empty
}

func newStage() *stage {
	return &stage{now: time.Unix(0, 0), machine: *newMachine("", DefaultConfig()), number: 1}
}

// transcribe plays the events of script and writes down what came of each.
func transcribe(t *testing.T, script string) string {
	s := newStage()
	var out strings.Builder
	for line := range strings.Lines(script) {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		out.WriteString(line)
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		before := s.decision()
		for event := range strings.SplitSeq(line, "+") {
			if !s.play(strings.Fields(event)) {
				t.Fatalf("no such event: %q", event)
			}
		}
		s.deliver()
		for _, d := range s.decision().news(before) {
			fmt.Fprintf(&out, "  %s\n", d)
		}
		if s.machine.askAgain() {
			out.WriteString("  ask the balancer again\n")
		}
		if s.machine.reresolve() {
			out.WriteString("  resolve again\n")
		}
	}
	return out.String()
}

// deliver tells the machine how the stream stands, if that is news, and has it
// draw its conclusions.
func (s *stage) deliver() {
	if s.stream != s.machine.status {
		s.machine.contacted(s.stream)
	}
	s.machine.check(s.now)
}

// play lets one event happen.
func (s *stage) play(event []string) bool {
	rest := strings.Join(event[1:], " ")
	switch event[0] {
	case "after": // a duration
		d, err := time.ParseDuration(rest)
		s.now = s.now.Add(d)
		return err == nil
	case "resolve": // lb:NAME at:NAME empty:WORD timeout:DURATION ...
		s.machine.update(resolution(event[1:]), s.now)
	case "error": // of the resolver
		s.machine.resolverFailed(errors.New("the resolver failed: " + rest))
	case "list": // NAME NAME:TOKEN drop bad ...
		s.list(event[1:])
	case "asked": // for fallback
		s.stream.Asked = true
	case "next": // balancer is asked: the stream ended with this error
		s.passOn(errors.New(rest))
	case "ended": // the stream, with this error, and nobody is left to ask
		s.end(errors.New(rest))
	case "replaced": // the stream, by one that has another name
		s.number++
	case "removed": // the balancers, and with them the stream
		s.number++
		s.stream.Contact, s.stream.Asked = false, false
	case "ready": // a backend
		s.machine.aggregated(rrgroup.Aggregate{Plan: s.machine.plan, Ready: true})
	case "unready": // all backends
		s.machine.aggregated(rrgroup.Aggregate{Plan: s.machine.plan})
	case "arriving": // all backends, but one is connected to for the first time
		s.machine.aggregated(rrgroup.Aggregate{Plan: s.machine.plan, Arriving: true})
	default:
		return false
	}
	return true
}

func (s *stage) list(words []string) {
	s.words = words
	s.stream.Stream, s.stream.List = s.number, tokens.Parse(entriesOf(words), nil)
	s.stream.Lists++
	s.stream.Contact, s.stream.Err = true, nil
	if !s.stream.List.Empty() {
		s.full = words
		s.stream.FullStream, s.stream.Full = s.number, s.stream.List
		s.stream.Fulls++
		s.stream.Asked = false
	}
}

func (s *stage) end(err error) {
	s.passOn(err)
	s.stream.Rounds++
	s.stream.Contact = false
}

// passOn: the stream has brought no list, and the next balancer is asked.
func (s *stage) passOn(err error) {
	s.number++
	s.stream.Ends++
	s.stream.Err = err
}

// resolution puts together what a resolver found.
func resolution(words []string) *resolved {
	u := &resolved{config: DefaultConfig()}
	for _, w := range words {
		key, value, _ := strings.Cut(w, ":")
		switch key {
		case "lb":
			u.balancers = append(u.balancers, resolver.Address{Addr: value})
		case "at":
			u.backends = append(u.backends, resolver.Endpoint{Addresses: []resolver.Address{{Addr: value}}})
		case "empty":
			u.config.EmptyServerList = EmptyServerList(value)
		case "timeout":
			u.config.InitialFallbackTimeout, _ = time.ParseDuration(value)
		}
	}
	return u
}

// entriesOf makes a server list. A backend is a letter.
func entriesOf(words []string) *lbpb.ServerList {
	l := &lbpb.ServerList{}
	for _, w := range words {
		name, token, _ := strings.Cut(w, ":")
		e := &lbpb.Server{LoadBalanceToken: token}
		switch name {
		case "drop":
			e.Drop = true
		case "bad": // no port
			e.IpAddress = []byte{10, 0, 0, 0}
		default:
			e.IpAddress, e.Port = []byte{10, 0, 0, name[0]}, 80
		}
		l.Servers = append(l.Servers, e)
	}
	return l
}

// A decision is what the machine has decided.
type decision struct {
	mode  mode
	alarm time.Time
	plan  *rrgroup.Plan // a new one is news, even if it is like the old one
}

func (s *stage) decision() decision {
	return decision{s.machine.mode, s.machine.deadline(), s.machine.plan}
}

func (m mode) word() string { return [...]string{"waiting", "balanced", "fallback"}[m] }

// news puts into words what is not as it was before.
func (d decision) news(before decision) (all []string) {
	if d.mode != before.mode {
		all = append(all, "mode: "+d.mode.word())
	}
	if d.plan != before.plan {
		all = append(all, "plan: "+describe(d.plan))
	}
	switch {
	case d.alarm == before.alarm:
	case d.alarm.IsZero():
		all = append(all, "alarm: never")
	default:
		all = append(all, "alarm: "+d.alarm.Sub(time.Unix(0, 0)).String())
	}
	return all
}

// describe puts a plan into words.
func describe(p *rrgroup.Plan) string {
	switch {
	case p.List != nil:
		var all []string
		for _, e := range p.List.Entries {
			all = append(all, nameOf(e.Addr)+":"+e.Token)
		}
		return strings.Join(all, " ") + "; " + p.Doing
	case len(p.Endpoints) > 0:
		var all []string
		for _, e := range p.Endpoints {
			all = append(all, e.Addresses[0].Addr)
		}
		return strings.Join(all, " ") + "; " + p.Doing
	case p.Unserved != nil:
		return "fail; " + p.Unserved.Error()
	}
	return "wait"
}

// nameOf is the letter of a backend, or "drop".
func nameOf(addr string) string {
	var letter byte
	if _, err := fmt.Sscanf(addr, "10.0.0.%d:80", &letter); err != nil {
		return "drop"
	}
	return string(rune(letter))
}
