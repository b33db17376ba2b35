package observe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/coretest"
)

// A seen is what a backend has shown once.
type seen struct {
	answer
	watched bool // on the Watch stream, not by a check
}

// believed is the judge in its simplest form: it looks at all that was seen, each time anew.
func believed(history []seen, rise, fall int) (healthy, ever bool) {
	for i, s := range history {
		switch {
		case s.word:
			healthy = false
		case s.watched && s.good && !ever:
			healthy = true
		case s.watched:
		case !ever:
			healthy = s.good
		case healthy:
			healthy = !inRow(history[:i+1], fall, false)
		default:
			healthy = inRow(history[:i+1], rise, true)
		}
		ever = ever || healthy
	}
	return healthy, ever
}

// inRow reports whether the last n checks were all good, or all bad. A word of the server on
// the stream ends a row of good ones.
func inRow(history []seen, n int, good bool) bool {
	for i := len(history) - 1; n > 0; i-- {
		switch {
		case i < 0:
			return false
		case history[i].watched && !(good && history[i].word):
			continue
		case history[i].good != good:
			return false
		}
		n--
	}
	return true
}

func TestJudge_Twin(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		cfg := *everyFive
		cfg.Rise, cfg.Fall = 1+random.IntN(4), 1+random.IntN(4)
		p := newPlayer(t, coretest.NewClock())
		p.core = newCore("a", &cfg)
		var history []seen
		var heard Health
		checks := 0
		for range 200 {
			p.Now = p.Now.Add(time.Duration(random.IntN(2000)) * time.Millisecond)
			s := seen{answer: randomAnswer(random), watched: true}
			if p.core.judge.checking {
				s.watched = random.IntN(2) == 0
			}
			if s.watched {
				p.core.watched(p.Now, s.answer)
			} else {
				p.core.checked(p.Now, s.answer, random.Float64())
			}
			history = append(history, s)
			p.core.tick(p.Now)
			for _, a := range p.core.todo {
				switch a := a.(type) {
				case check:
					checks++
				case tellHealth:
					heard = a.health
				}
			}
			p.core.todo = nil
			healthy, ever := believed(history, cfg.Rise, cfg.Fall)
			if p.core.judge.known && (heard.Healthy != healthy || heard.Ever != ever) {
				t.Fatalf("seed %d: heard %+v after %+v, want healthy %t, ever %t", seed, heard, history, healthy, ever)
			}
			if j := p.core.judge; j.next.Sub(p.Now) > time.Duration(float64(cfg.Interval)*(1+spreading)) {
				t.Fatalf("seed %d: the next check is due in %v", seed, j.next.Sub(p.Now))
			}
		}
		if elapsed := p.Since(p.Now); checks > int(elapsed/firstRetry) {
			t.Fatalf("seed %d: %d checks in %v", seed, checks, elapsed)
		}
	}
}

func randomAnswer(random *rand.Rand) answer {
	a := answer{good: random.IntN(2) == 0}
	if !a.good {
		a.word = random.IntN(3) == 0
		a.why = fmt.Sprint("why ", random.IntN(2))
	}
	return a
}

// A report that was taken, with its time.
type report struct {
	at     time.Time
	weight float64
}

// averaged is the weigher in its simplest form: it looks at all reports, each time anew.
func averaged(all []report, now time.Time) float64 {
	begin := 0
	for i := 1; i < len(all); i++ {
		if all[i].at.Sub(all[i-1].at) >= expiration {
			begin = i
		}
	}
	run := all[begin:]
	if len(run) == 0 || now.Sub(run[len(run)-1].at) >= expiration || now.Sub(run[0].at) < blackout {
		return 0
	}
	sum, share := 0.0, 1.0
	for i := len(run) - 1; i > 0; i-- {
		sum += share * smoothing * run[i].weight
		share *= 1 - smoothing
	}
	return sum + share*run[0].weight
}

func TestWeigher_Twin(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 2))
		var w weigher
		now := time.Unix(1000, 0)
		var all []report
		for range 100 {
			now = now.Add(time.Duration(random.IntN(20)) * time.Second)
			if random.IntN(20) == 0 {
				now = now.Add(expiration)
			}
			w.expire(now)
			f := randomFigures(random)
			err := w.reported(now, f)
			if f.check() == nil && f.weight() > 0 && f.weight() <= maxWeight {
				all = append(all, report{now, f.weight()})
			} else if f.check() == nil && f.weight() == 0 && err != nil {
				t.Fatalf("seed %d: %+v: %v", seed, f, err)
			}
			w.expire(now)
			if f.check() != nil {
				continue // nothing is told then
			}
			want := averaged(all, now)
			if got := w.load.Weight; math.Abs(got-want) > 1e-9*want || math.IsNaN(got) {
				t.Fatalf("seed %d: weight %v, want %v", seed, got, want)
			}
		}
	}
}

func randomFigures(random *rand.Rand) figures {
	figure := func(top float64) float64 {
		switch random.IntN(12) {
		case 0:
			return 0
		case 1:
			return [...]float64{math.NaN(), math.Inf(1), -1, 1e300}[random.IntN(4)]
		}
		return random.Float64() * top
	}
	return figures{qps: figure(1000), eps: figure(100), application: figure(2), cpu: figure(2)}
}
