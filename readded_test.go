package grpclb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// A bench is a policy of which the test is the goroutine: it says what is in the
// inbox at once.
type bench struct {
	*testing.T
	lb     *lbtest.Balancer
	parent *lbtest.Parent
	policy *policy
	m      *machine
}

func inBench(t *testing.T, test func(*bench)) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		b := &bench{T: t, lb: lbtest.NewBalancer(t, n), parent: lbtest.NewParent(t)}
		actors := actor.NewGroup()
		defer actors.Stop()
		o, config := lbtest.BuildOptions(n), DefaultConfig()
		queue := pending.Start(actors, false)
		group := rrgroup.Start(actors, rrgroup.Options{
			Parent: b.parent, Build: o, Gate: queue.Gate(), Queue: queue, Settings: config.settings(),
		})
		b.policy = &policy{cc: b.parent, queue: queue, group: group, stream: lbstream.Start(actors, lbstream.Options{
			Authority: o.Authority, DialOptions: NewBuilder().balancerDialOptions(diary.Log{}, o), Backoff: DefaultConfig().StreamBackoff, Counter: group,
		})}
		b.m = newMachine("", DefaultConfig())
		b.parent.UpdateState(group.First())
		test(b)
	})
}

// settle tells the policy what the stream and the group have to say, until they
// have nothing more.
func (b *bench) settle() {
	for {
		synctest.Wait()
		select {
		case s := <-b.policy.stream.Status():
			b.m.contacted(*s)
		case a := <-b.policy.group.Aggregate():
			b.m.aggregated(a)
		default:
			return
		}
		b.policy.settle(b.m)
	}
}

// hear has the policy find these messages in its inbox.
func (b *bench) hear(batch ...message) {
	b.policy.hear(b.m, batch)
	b.settle()
}

// found is an update of the resolver: fallback addresses, and the balancer or none.
func (b *bench) found(balancer bool, fallback ...string) *resolved {
	u := &resolved{config: DefaultConfig()}
	if balancer {
		u.balancers = []resolver.Address{b.lb.Address()}
	}
	for _, addr := range fallback {
		u.backends = append(u.backends, resolver.Endpoint{Addresses: []resolver.Address{{Addr: addr}}})
	}
	return u
}

// listed has a list of one backend come, which becomes READY.
func (b *bench) listed() *lbtest.Call {
	c := b.lb.Next()
	c.Initial(0)
	c.List(lbtest.Server("10.0.0.1:1", "t"))
	b.settle()
	b.parent.SubConn(1).SetState(connectivity.Ready)
	b.settle()
	return c
}

// Balancers that go and come back in one batch have been away, also for the
// stream: there is a new call, on which a list comes that ends fallback.
func TestStream_Readded_InOneBatch(t *testing.T) {
	inBench(t, func(b *bench) {
		b.hear(b.found(true, "10.9.9.9:1"))
		c := b.listed()
		b.hear(b.found(false, "10.9.9.9:1"), b.found(true, "10.9.9.9:1"))
		select {
		case <-c.Ended():
		default:
			b.Fatal("the call goes on, and its balancer has no reason to send another list")
		}
		if b.m.mode != fallback {
			b.Errorf("the mode is %v", b.m.mode.word())
		}
		b.listed()
		if b.m.mode != balanced {
			b.Errorf("the mode is %v after a list", b.m.mode.word())
		}
	})
}

// However what the resolver says is batched, the same comes of it.
func TestStream_Readded_AnyBatches(t *testing.T) {
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 0))
		history := make([]int, 2+random.IntN(7))
		for i := range history {
			history[i] = random.IntN(6)
		}
		listed := random.IntN(2) == 0
		one := played(t, history, listed, func() bool { return true })
		all := played(t, history, listed, func() bool { return false })
		some := played(t, history, listed, func() bool { return random.IntN(2) == 0 })
		if one != all || one != some {
			t.Fatalf("seed %d, %v, a list before it: %v. One by one it comes to\n%s\nat once to\n%s\nin batches to\n%s",
				seed, history, listed, one, all, some)
		}
	}
}

// played is what has come of a history when all backends have failed: the mode,
// what calls fail with, the backends, and whether the balancer is spoken with.
func played(t *testing.T, history []int, listed bool, cut func() bool) (outcome string) {
	inBench(t, func(b *bench) {
		if listed {
			b.hear(b.found(true, "10.9.9.9:1"))
			b.listed()
		}
		var batch []message
		for _, what := range history {
			batch = append(batch, []message{
				b.found(true, "10.9.9.9:1"), b.found(false, "10.9.9.9:1"), b.found(true, "10.9.9.9:2"), b.found(true),
				resolverFailed{context.Canceled}, exitIdle{},
			}[what])
			if cut() {
				b.hear(batch...)
				batch = nil
			}
		}
		b.hear(batch...)
		backends := b.failAll()
		_, text := b.parent.Pick(b.Context())
		outcome = fmt.Sprintf("%s; %v; %s; %d connections to the balancer", b.m.mode.word(), text, backends, b.lb.Open())
	})
	return outcome
}

// failAll has all backends fail, and names them.
func (b *bench) failAll() string {
	var all []string
	for _, sc := range b.parent.SubConns() {
		if !sc.Shut() {
			all = append(all, sc.Address.Addr)
			sc.SetState(connectivity.TransientFailure, context.Canceled)
		}
	}
	b.settle()
	time.Sleep(2 * time.Second) // by then the words of the failing picker are up to date
	b.settle()
	slices.Sort(all)
	return strings.Join(all, " ")
}
