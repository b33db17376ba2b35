package register

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// do returns what the core wants done since it was asked last.
func (c *core) do() []want {
	todo := c.todo
	c.todo = nil
	return todo
}

func TestRegister_Core(t *testing.T) {
	start := time.Unix(0, 0)
	away := errors.New("away")
	for name, steps := range map[string][]struct {
		event func(*core)
		want  []want
		stage stage
	}{
		"a lease that is lost": {
			{func(c *core) { c.lost(start); c.wake(start) }, []want{wantEnter}, entering},
			{func(c *core) { c.entered(start, 0, away, 0.5) }, nil, waiting},
			{func(c *core) { c.wake(start.Add(199 * time.Millisecond)) }, nil, waiting},
			{func(c *core) { c.wake(start.Add(200 * time.Millisecond)) }, []want{wantEnter}, entering},
			{func(c *core) { c.entered(start, 2, nil, 0) }, []want{wantKeep}, held},
			{func(c *core) { c.wake(start.Add(time.Hour)) }, nil, held},
		},
		"withdrawn": {
			{(*core).withdraw, []want{wantRevoke}, over},
			{(*core).withdraw, nil, over},
			{func(c *core) { c.lost(start); c.wake(start) }, nil, over},
		},
		"withdrawn while it waits": {
			{func(c *core) { c.lost(start); c.withdraw() }, []want{wantRevoke}, over},
		},
		"withdrawn while it is entered": {
			{func(c *core) { c.lost(start); c.wake(start) }, []want{wantEnter}, entering},
			{(*core).withdraw, []want{wantCancel}, leaving},
			{(*core).withdraw, nil, leaving},
			{func(c *core) { c.entered(start, 9, nil, 0) }, []want{wantRevoke}, over},
		},
	} {
		c := &core{every: 2 * time.Hour}
		c.entered(start, 1, nil, 0)
		c.do()
		for i, s := range steps {
			s.event(c)
			if got := c.do(); !slices.Equal(got, s.want) || c.stage != s.stage {
				t.Errorf("%s, step %d: it wants %v in stage %d; want %v in %d", name, i, got, c.stage, s.want, s.stage)
			}
		}
		if name == "withdrawn while it is entered" && c.lease != 9 {
			t.Errorf("the lease to revoke is %d", c.lease)
		}
	}
}

// An attempt that ends because the server is withdrawn is no failure, and one that succeeds then is undone: neither is logged.
func TestRegister_WithdrawIsNoFailure(t *testing.T) {
	for _, m := range []entered{{0, context.Canceled}, {7, nil}} {
		var log bytes.Buffer
		k := &keeper{log: slog.New(slog.NewTextHandler(&log, nil))}
		k.handle(&core{stage: leaving}, &duty{}, m)
		if log.Len() > 0 {
			t.Errorf("it logs %s", log.String())
		}
	}
}

// Whatever happens, at most one attempt or look runs, and at the end there is no lease that is not revoked.
func TestRegister_Laws(t *testing.T) {
	for seed := range uint64(500) {
		random, c, now := rand.New(rand.NewPCG(seed, 0)), &core{every: 5 * time.Second}, time.Unix(0, 0)
		c.entered(now, 1, nil, 0)
		lease, attempts, looks, ended := 1, 0, 0, false
		check := func(what string) {
			for _, w := range c.do() {
				switch w {
				case wantEnter:
					attempts++
				case wantLook:
					looks++
				case wantRevoke:
					if ended {
						t.Fatal("it ends twice")
					}
					if ended = true; attempts+looks > 0 || int(c.lease) != lease {
						t.Fatalf("seed %d: after %s it revokes %d, and %d attempts run; the lease is %d", seed, what, c.lease, attempts, lease)
					}
				}
			}
			if attempts+looks > 1 {
				t.Fatalf("seed %d: %d attempts and %d looks run", seed, attempts, looks)
			}
		}
		for n := range 50 {
			switch random.IntN(6) {
			case 0:
				if c.stage == held || c.stage == looking {
					lease = 0
					c.lost(now)
				}
			case 1, 2:
				if attempts > 0 {
					attempts--
					if random.IntN(2) == 0 {
						lease = n + 2
						c.entered(now, clientv3.LeaseID(lease), nil, 0)
					} else {
						half := random.IntN(2) * (n + 2) // a lease that could not be revoked
						lease = half
						c.entered(now, clientv3.LeaseID(half), errors.New("away"), random.Float64())
					}
				}
			case 3:
				now = now.Add(time.Duration(random.Int64N(int64(time.Second))))
				c.wake(now)
			case 4:
				if n > 30 {
					c.withdraw()
				}
			case 5:
				if looks > 0 {
					looks--
					c.looked(now)
				}
			}
			check(fmt.Sprint("step ", n))
		}
	}
}
