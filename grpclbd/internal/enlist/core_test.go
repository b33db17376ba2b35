package enlist

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func newTestCore() *core {
	return &core{fall: 2, interval: time.Second, grace: 3 * time.Second, checkAt: time.Unix(0, 0)}
}

func (c *core) do() []want {
	todo := c.todo
	c.todo = nil
	return todo
}

// A step is an event at a time, in seconds, and what it makes the core want.
type step struct {
	at    int
	event func(c *core, now time.Time)
	want  []want
}

var (
	alarm  = (*core).decide
	sig    = (*core).signal
	exit   = (*core).exited
	gone   = (*core).left
	good   = func(c *core, now time.Time) { c.checked(now, true) }
	bad    = func(c *core, now time.Time) { c.checked(now, false) }
	enter  = func(c *core, now time.Time) { c.entered(now, true) }
	refuse = func(c *core, now time.Time) { c.entered(now, false) }
)

// registered is how each history begins that has a registered server.
var registered = []step{{0, alarm, []want{wantCheck}}, {0, good, []want{wantEnter}}, {0, enter, nil}}

func TestRegister_Command_Core(t *testing.T) {
	for name, steps := range map[string][]step{
		"registered when healthy": {
			{0, alarm, []want{wantCheck}}, {0, bad, nil}, {0, alarm, nil}, {1, alarm, []want{wantCheck}},
			{1, bad, nil}, {2, alarm, []want{wantCheck}}, {2, good, []want{wantEnter}}, {2, enter, nil},
		},
		"withdrawn when unhealthy, and registered again": slices.Concat(registered, []step{
			{1, alarm, []want{wantCheck}}, {1, bad, nil}, {2, alarm, []want{wantCheck}}, {2, bad, []want{wantExpire}},
			{3, alarm, []want{wantCheck}}, {3, good, nil}, {3, gone, []want{wantEnter}},
		}),
		"one bad answer is not enough": slices.Concat(registered, []step{
			{1, alarm, []want{wantCheck}}, {1, bad, nil}, {2, alarm, []want{wantCheck}}, {2, good, nil}, {3, alarm, []want{wantCheck}}, {3, bad, nil},
		}),
		"refused": {
			{0, alarm, []want{wantCheck}}, {0, good, []want{wantEnter}}, {0, refuse, nil}, {4, good, nil}, {5, alarm, []want{wantEnter, wantCheck}},
		},
		"a signal": slices.Concat(registered, []step{
			{0, sig, []want{wantWithdraw}}, {0, gone, nil}, {2, bad, nil}, {3, alarm, []want{wantSignal}}, {4, alarm, nil}, {4, exit, []want{wantEnd}},
		}),
		"a second signal does not wait": slices.Concat(registered, []step{
			{0, sig, []want{wantWithdraw}}, {0, sig, []want{wantSignal}}, {0, gone, nil}, {9, sig, []want{wantSignal}}, {9, exit, []want{wantEnd}},
		}),
		"a signal before it is healthy": {{0, alarm, []want{wantCheck}}, {0, sig, []want{wantSignal}}, {0, good, nil}, {0, exit, []want{wantEnd}}},
		"a signal while it is registered": {
			{0, alarm, []want{wantCheck}}, {0, good, []want{wantEnter}}, {0, sig, []want{wantCancel}}, {0, refuse, []want{wantSignal}}, {0, exit, []want{wantEnd}},
		},
		"a signal that is too late to cancel": {
			{0, alarm, []want{wantCheck}}, {0, good, []want{wantEnter}}, {0, sig, []want{wantCancel}}, {0, enter, []want{wantWithdraw}}, {0, gone, nil},
			{3, alarm, []want{wantSignal}},
		},
		"the command ends": slices.Concat(registered, []step{{0, exit, []want{wantWithdraw}}, {1, bad, nil}, {1, sig, nil}, {2, gone, []want{wantEnd}}, {3, sig, nil}}),
		"the command ends while it is registered": {
			{0, alarm, []want{wantCheck}}, {0, good, []want{wantEnter}}, {0, exit, []want{wantCancel}}, {0, enter, []want{wantWithdraw}}, {0, gone, []want{wantEnd}},
		},
	} {
		c := newTestCore()
		for i, s := range steps {
			s.event(c, time.Unix(int64(s.at), 0))
			got := c.do()
			slices.Sort(got)
			want := slices.Clone(s.want)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s, step %d: it wants %v, want %v", name, i, got, want)
			}
		}
	}
}

// A server that stops refuses its last checks: that is no news.
func TestRegister_Command_StopIsNoFailure(t *testing.T) {
	for _, end := range []func(c *core, now time.Time){sig, exit} {
		var log bytes.Buffer
		r, c := &runner{Options: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}, newTestCore()
		c.fall, c.healthy = 1, true
		end(c, time.Unix(0, 0))
		r.handle(c, checked{errors.New("connection refused")})
		if log.Len() > 0 {
			t.Errorf("it logs %s", log.String())
		}
	}
}

// Whatever happens, the command gets a signal only when its server is not registered, unless there were
// two; and the end comes when the command has ended and its server is not registered.
func TestRegister_Command_Laws(t *testing.T) {
	for seed := range uint64(500) {
		random, c, now := rand.New(rand.NewPCG(seed, 0)), newTestCore(), time.Unix(0, 0)
		checks, enters, leaves, signals := 0, 0, 0, 0
		listed, over, ended := false, false, false
		c.decide(now)
		for n := 0; !ended && n < 1000; n++ {
			for _, w := range c.do() {
				switch w {
				case wantCheck:
					checks++
				case wantEnter:
					enters++
				case wantWithdraw, wantExpire:
					leaves++
				case wantSignal:
					if listed && signals < 2 || over {
						t.Fatalf("seed %d: the command gets a signal; registered %v, over %v", seed, listed, over)
					}
				case wantEnd:
					ended = true
				}
			}
			if checks > 1 || enters+leaves > 1 || ended && (listed || !over) {
				t.Fatalf("seed %d: %d checks, %d registrations and %d withdrawals run; registered %v, over %v, ended %v", seed, checks, enters, leaves, listed, over, ended)
			}
			switch random.IntN(12) {
			case 0, 1, 2:
				if checks > 0 {
					checks--
					c.checked(now, random.IntN(3) > 0)
				}
			case 3, 4:
				if enters > 0 {
					enters--
					listed = random.IntN(2) == 0
					c.entered(now, listed)
				}
			case 5, 6:
				if leaves > 0 {
					leaves--
					listed = false
					c.left(now)
				}
			case 7:
				if n > 100 {
					signals++
					c.signal(now)
				}
			case 8:
				if n > 200 && !over {
					over = true
					c.exited(now)
				}
			default:
				if at := c.alarm(); !at.IsZero() && at.After(now) {
					now = at
				}
				c.decide(now)
			}
		}
		if !ended {
			t.Fatalf("seed %d: it does not end: %s", seed, fmt.Sprintf("%+v", c))
		}
	}
}
