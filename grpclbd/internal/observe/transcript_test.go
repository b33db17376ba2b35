package observe

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/coretest"
)

// The transcripts in testdata have an event to a line, and below it what the core of a backend
// wants done:
//
//	good | bad WHY | word WHY         the answer to the check that runs
//	watch good | bad WHY | word WHY   the Watch stream brought it
//	broken                            the Watch stream ended
//	report QPS EPS APPLICATION CPU    a load report
//
// and those of package coretest. The interval is 5 s, the timeout 1 s, rise 2 and fall 3.
func TestCore_Transcript(t *testing.T) {
	coretest.Play(t, func(t *testing.T, clock *coretest.Clock) coretest.Core { return newPlayer(t, clock) })
}

var everyFive = &config.Health{Interval: 5 * time.Second, Timeout: time.Second, Rise: 2, Fall: 3}

type player struct {
	*coretest.Clock
	t    *testing.T
	core core
}

func newPlayer(t *testing.T, clock *coretest.Clock) *player {
	return &player{clock, t, newCore("10.0.0.1:1", everyFive)}
}

func (p *player) Event(verb, rest string) bool {
	switch verb {
	case "good", "bad", "word":
		if !p.core.judge.checking {
			p.t.Fatalf("no check runs: %s %s", verb, rest)
		}
		p.core.checked(p.Now, answerOf(verb+" "+rest), 0.5)
	case "watch":
		p.core.watched(p.Now, answerOf(rest))
	case "broken":
		p.core.broken(p.Now)
	case "report":
		p.core.reported(p.Now, p.figures(rest))
	default:
		return false
	}
	return true
}

func (p *player) Due() time.Time { return p.core.due() }

func (p *player) Settle() (said []string) {
	p.core.tick(p.Now)
	for _, a := range p.core.todo {
		said = append(said, p.describe(a))
	}
	p.core.todo = nil
	return said
}

func answerOf(text string) answer {
	verb, why, _ := strings.Cut(text, " ")
	return answer{good: verb == "good", word: verb == "word", why: why}
}

func (p *player) figures(text string) figures {
	var all [4]float64
	for i, word := range strings.Fields(text) {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil {
			p.t.Fatal(err)
		}
		all[i] = x
	}
	return figures{all[0], all[1], all[2], all[3]}
}

func (p *player) describe(a action) string {
	switch a := a.(type) {
	case check:
		return "check"
	case tellHealth:
		h := a.health
		if h.Healthy {
			return fmt.Sprintf("healthy since %v", p.Since(h.Since))
		}
		return fmt.Sprintf("unhealthy since %v, ever %t: %s", p.Since(h.Since), h.Ever, h.Why)
	case tellLoad:
		return fmt.Sprintf("load %.4g at %v of %v %v %v", a.load.Weight, p.Since(a.load.At), a.load.QPS, a.load.EPS, a.load.Utilization)
	case nonsense:
		return fmt.Sprintf("log: %v", a.err)
	}
	p.t.Fatalf("an action that nobody knows: %T", a)
	return ""
}
