package observe

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/internal/transcript"
)

// The transcripts in testdata have an event to a line, and below it what the core of a backend
// wants done:
//
//	good | bad WHY | word WHY         the answer to the check that runs
//	watch good | bad WHY | word WHY   the Watch stream brought it
//	broken                            the Watch stream ended
//	report QPS EPS APPLICATION CPU    a load report
//	wait DURATION                     time passes; the core is only called when it is due
//
// The interval is 5 s, the timeout 1 s, rise 2 and fall 3.
func TestCore_Transcript(t *testing.T) {
	transcript.Play(t, "testdata/*.txt", func(t *testing.T, script string) string {
		p := newPlayer(t)
		lines := bufio.NewScanner(strings.NewReader(script))
		for lines.Scan() {
			if line := lines.Text(); !strings.HasPrefix(line, " ") {
				p.out.WriteString(line + "\n")
				p.play(line)
			}
		}
		return p.out.String()
	})
}

var everyFive = &config.Health{Interval: 5 * time.Second, Timeout: time.Second, Rise: 2, Fall: 3}

type player struct {
	t          *testing.T
	core       core
	began, now time.Time
	out        strings.Builder
}

func newPlayer(t *testing.T) *player {
	p := &player{t: t, core: newCore("10.0.0.1:1", everyFive), began: time.Unix(1000, 0)}
	p.now = p.began
	return p
}

func (p *player) play(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "", "#":
		return
	case "start":
	case "good", "bad", "word":
		if !p.core.judge.checking {
			p.t.Fatalf("no check runs: %s", line)
		}
		p.core.checked(p.now, answerOf(line), 0.5)
	case "watch":
		p.core.watched(p.now, answerOf(rest))
	case "broken":
		p.core.broken(p.now)
	case "report":
		p.core.reported(p.now, p.figures(rest))
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.t.Fatal(err)
		}
		p.wait(p.now.Add(d))
		return
	default:
		p.t.Fatalf("no such event: %s", line)
	}
	p.settle()
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

// wait lets the core do what is due until then.
func (p *player) wait(until time.Time) {
	for steps := 0; ; steps++ {
		at := p.core.due()
		if at.IsZero() || at.After(until) {
			break
		}
		if steps > 100 {
			p.t.Fatal("the core is due again and again")
		}
		p.now = later(p.now, at)
		fmt.Fprintf(&p.out, "  at %v\n", p.now.Sub(p.began))
		p.settle()
	}
	p.now = until
}

func (p *player) settle() {
	p.core.tick(p.now)
	for _, a := range p.core.todo {
		p.out.WriteString("  " + p.describe(a) + "\n")
	}
	p.core.todo = nil
}

func (p *player) describe(a action) string {
	switch a := a.(type) {
	case check:
		return "check"
	case tellHealth:
		h := a.health
		if h.Healthy {
			return fmt.Sprintf("healthy since %v", h.Since.Sub(p.began))
		}
		return fmt.Sprintf("unhealthy since %v, ever %t: %s", h.Since.Sub(p.began), h.Ever, h.Why)
	case tellLoad:
		return fmt.Sprintf("load %.4g at %v of %v %v %v", a.load.Weight, a.load.At.Sub(p.began), a.load.QPS, a.load.EPS, a.load.Utilization)
	case nonsense:
		return fmt.Sprintf("log: %v", a.err)
	}
	p.t.Fatalf("an action that nobody knows: %T", a)
	return ""
}
