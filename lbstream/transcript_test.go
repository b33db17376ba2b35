package lbstream

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/backoff"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/internal/transcript"
	"github.com/actorlb/grpclb/tokens"
)

// TestCore_Transcripts plays each file of testdata to a core and to a retry
// core. A line that is not indented is an event; the indented lines after it
// are what must come of it. See play for the words.
func TestCore_Transcripts(t *testing.T) { transcript.Play(t, "testdata/*.txt", transcribe) }

// stage is what a transcript is played on. Its clock moves by "after".
type stage struct {
	now    time.Time
	core   core
	retry  retryCore
	random float64
	from   string
	out    strings.Builder
}

// transcribe plays the events of script and writes down what came of each.
func transcribe(t *testing.T, script string) string {
	s := &stage{
		now:    time.Unix(0, 0),
		core:   core{counting: true},
		retry:  retryCore{backoff: backoff.DefaultConfig},
		random: 0.5, // no jitter
	}
	for line := range strings.Lines(script) {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		s.out.WriteString(line)
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		told := s.core.status
		if !s.play(strings.Fields(line)) {
			t.Fatalf("no such event: %q", line)
		}
		s.do()
		if s.core.status.differs(&told) {
			s.show(describe(s.core.status))
		}
	}
	return s.out.String()
}

func (s *stage) show(line string) { fmt.Fprintf(&s.out, "  %s\n", line) }

// play plays one event.
func (s *stage) play(words []string) bool {
	args := words[1:]
	switch words[0] {
	case "after": // a duration: lets time pass and rings both cores
		d, err := time.ParseDuration(args[0])
		if err != nil {
			return false
		}
		s.now = s.now.Add(d)
		s.dial(s.retry.rang(s.now))
		s.core.rang(s.now, s.from)
	case "random": // the number drawn from now on
		_, err := fmt.Sscan(args[0], &s.random)
		return err == nil
	case "serve": // a name and addresses
		s.core.serve(s.now, targetOf(args[0], args[1:]...))
	case "dial-now": // number of a stream
		var d dialNow
		if _, err := fmt.Sscan(args[0], &d.after); err != nil {
			return false
		}
		s.core.dialNow(s.now, d)
	case "ask-again":
		s.core.askAgain(s.now)
	case "reset":
		s.core.reset()
	case "opened":
		s.core.opened(s.now)
	case "initial", "list", "empty", "fallback", "unknown": // from the balancer
		m := response(words[0])
		if len(args) > 0 { // initial, and how often it wants reports
			d, err := time.ParseDuration(args[0])
			if err != nil {
				return false
			}
			m.GetInitialResponse().ClientStatsReportInterval = durationpb.New(d)
		}
		s.core.received(s.now, receivedFrom(m, nil))
	case "sent": // what the sender was given last
		s.core.sent(s.now)
	case "counted": // by the counter; see countsOf
		counts, ok := countsOf(args)
		if !ok {
			return false
		}
		s.core.counted(s.now, counts)
	case "timeout": // of silent balancers
		d, err := time.ParseDuration(args[0])
		if err != nil {
			return false
		}
		s.core.settings.Timeout = d
	case "routes": // an address, how it is reached, and so on
		s.core.routeOf = func(a resolver.Address) route {
			if i := slices.Index(args, a.Addr); i >= 0 {
				return route(args[i+1])
			}
			return ""
		}
	case "from": // where the balancer is that streams are with from now on
		s.from = strings.Join(args, "")
	case "ended": // by the channel's doing: "usable" or "broken" afterwards
		s.core.ended(s.now, errors.New("gone"), args[0] == "usable", s.from)
	case "hung-up": // by the balancer's
		s.core.ended(s.now, io.EOF, true, s.from)
	default:
		return false
	}
	return true
}

func (s *stage) dial(d dialNow, ok bool) {
	if ok {
		s.show(fmt.Sprintf("retry: dial-now %d", d.after))
		s.core.dialNow(s.now, d)
		s.do()
	}
}

// do writes down commands and plays the ones for the retry core to it.
func (s *stage) do() {
	for _, c := range s.core.take() {
		switch c := c.(type) {
		case openChannel:
			s.show("open-channel " + names(c.addresses))
		case useAddresses:
			s.show("use-addresses " + names(c.addresses))
		case closeChannel:
			s.show("close-channel")
		case openStream:
			s.show(fmt.Sprintf("open-stream %d", c.number))
		case endStream:
			s.show("end-stream")
		case sendInitial:
			s.show("send-initial " + c.name)
		case ask:
			s.show(fmt.Sprintf("ask %d", c.stream))
		case sendReport:
			s.show("send-report " + describeStats(c.stats))
		case moveOn:
			s.show("log: " + c.remark().String())
		case complain:
			s.show("log: " + c.remark().String())
		case tellRetry:
			s.tellRetry(c.message)
		}
	}
}

func (s *stage) tellRetry(m retryMessage) {
	switch m := m.(type) {
	case streamEnded:
		s.retry.ended(s.now, m, s.random)
		s.show(fmt.Sprintf("retry: stream %d lived %v, wait %v", m.stream, m.lived, s.retry.due.Sub(s.now)))
	case renewal:
		s.retry.renew(s.now, m, s.random)
		s.show(fmt.Sprintf("retry: stream %d has lived %v, replace it in %v", m.stream, m.lived, s.retry.due.Sub(s.now)))
	case standDown:
		s.retry.standDown(m)
		s.show(fmt.Sprintf("retry: stand down, %d failures", s.retry.failures))
	case reset:
		s.dial(s.retry.reset())
	}
}

func describe(s Status) string {
	return fmt.Sprintf("status: lists=%d (stream %d) contact=%t asked=%t ends=%d rounds=%d err=%v",
		s.Lists, s.Stream, s.Contact, s.Asked, s.Ends, s.Rounds, s.Err)
}

// countsOf reads "started finished failed-to-send known-received" and then any
// number of "token=calls".
func countsOf(words []string) (c tokens.Counts, ok bool) {
	if len(words) < 4 {
		return c, false
	}
	for i, figure := range []*int64{&c.Started, &c.Finished, &c.FailedToSend, &c.KnownReceived} {
		if _, err := fmt.Sscan(words[i], figure); err != nil {
			return c, false
		}
	}
	for _, w := range words[4:] {
		token, calls, _ := strings.Cut(w, "=")
		d := tokens.Dropped{Token: token}
		if _, err := fmt.Sscan(calls, &d.Calls); err != nil {
			return c, false
		}
		c.Dropped = append(c.Dropped, d)
	}
	return c, true
}

// describeStats is in the words of countsOf.
func describeStats(s *lbpb.ClientStats) string {
	words := fmt.Sprintf("%d %d %d %d", s.GetNumCallsStarted(), s.GetNumCallsFinished(),
		s.GetNumCallsFinishedWithClientFailedToSend(), s.GetNumCallsFinishedKnownReceived())
	for _, d := range s.GetCallsFinishedWithDrop() {
		words += fmt.Sprintf(" %s=%d", d.GetLoadBalanceToken(), d.GetNumCalls())
	}
	return words
}

func names(addresses []resolver.Address) string {
	var all []string
	for _, a := range addresses {
		all = append(all, a.Addr)
	}
	return strings.Join(all, " ")
}

func targetOf(name string, addresses ...string) Target {
	t := Target{Name: name}
	for _, a := range addresses {
		t.Balancers = append(t.Balancers, resolver.Address{Addr: a})
	}
	return t
}

// response makes a message of the kind that a transcript names.
// An initial response wants no reports.
func response(kind string) *lbpb.LoadBalanceResponse {
	switch kind {
	case "initial":
		return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{
			InitialResponse: &lbpb.InitialLoadBalanceResponse{}}}
	case "list":
		return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{
			ServerList: &lbpb.ServerList{Servers: []*lbpb.Server{{IpAddress: []byte{10, 0, 0, 1}, Port: 80}}}}}
	case "empty": // list
		return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{
			ServerList: &lbpb.ServerList{}}}
	case "fallback":
		return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_FallbackResponse{
			FallbackResponse: &lbpb.FallbackResponse{}}}
	default:
		return &lbpb.LoadBalanceResponse{}
	}
}
