package grpclb

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// callsPerSecond makes a million calls of an hour.
const callsPerSecond = 278

// An hour of a policy, with a list every second and a million calls, leaves
// nothing behind: what there is at the end of it there was at the end of its
// second minute. The balancer and its connection are real; gRPC's place is the
// test's, since a million calls over a channel take minutes.
func TestLongLife(t *testing.T) {
	t.Run("a balancer stream a minute", func(t *testing.T) { testLongLife(t, false) })
	t.Run("one balancer stream", func(t *testing.T) { testLongLife(t, true) })
}

func testLongLife(t *testing.T, loyal bool) {
	synctest.Test(t, func(t *testing.T) {
		l := newLife(t)
		l.loyal = loyal
		l.minute(0)
		l.minute(1) // with the first end of a stream, which starts the retry owner
		first := l.footprint()
		for m := 2; m < 60; m++ {
			l.minute(m)
		}
		last := l.footprint()
		if last.counted != first.counted {
			t.Errorf("after an hour there is %+v, after two minutes there was %+v", last.counted, first.counted)
		}
		t.Logf("after two minutes %+v; in an hour the heap grew by %d bytes", first, last.heap-first.heap)
		// The test's own notes grow too. To keep 40 bytes of each list is more.
		if grown := last.heap - first.heap; grown > 128<<10 {
			t.Errorf("the heap has grown by %d bytes, from %d", grown, first.heap)
		}
		if l.calls < 1_000_000 || l.reported == 0 {
			t.Errorf("only %d calls were made, and %d of them reported", l.calls, l.reported)
		}
	})
}

// A life is a policy of which one can ask how it stands. It is put together as
// Builder.Build does it.
type life struct {
	*testing.T
	lb     *lbtest.Balancer
	loyal  bool         // it does not end a call
	call   *lbtest.Call // to it
	parent *channelOfAges
	policy *handle
	group  *rrgroup.Group
	queue  *pending.Queue

	calls    int
	reported int64  // calls that reports say were started
	open     []open // calls in flight, oldest first
}

// An open call is one that was picked and has not ended.
type open struct {
	since time.Time
	done  func(balancer.DoneInfo)
}

func newLife(t *testing.T) *life {
	n := lbtest.NewMemory()
	l := &life{T: t, lb: lbtest.NewBalancer(t, n), parent: &channelOfAges{}}
	l.build(NewBuilder(), lbtest.BuildOptions(n))
	t.Cleanup(l.policy.Close)
	return l
}

func (l *life) build(b *Builder, o balancer.BuildOptions) {
	actors := actor.NewGroup()
	l.queue = pending.Start(actors, false)
	l.group = rrgroup.Start(actors, rrgroup.Options{
		Parent: l.parent, Build: o, Gate: l.queue.Gate(), Queue: l.queue, Settings: b.defaults.settings(),
	})
	stream := lbstream.Start(actors, lbstream.Options{
		Authority: o.Authority, DialOptions: b.balancerDialOptions(diary.Log{}, o), Backoff: b.defaults.StreamBackoff, Counter: l.group,
	})
	m := newMachine("service", b.defaults)
	p := &policy{cc: l.parent, inbox: actor.NewInbox[message](), queue: l.queue, group: l.group, stream: stream}
	actors.Go(func(ctx context.Context) { p.run(ctx, m) })
	l.policy = &handle{cc: l.parent, first: l.group.First(), actors: actors, inbox: p.inbox, defaults: withChild(b.defaults), name: m.name}
}

// resolve names the balancer and fallback addresses that change each time.
func (l *life) resolve(minute int) {
	s := state.Set(resolver.State{}, &state.State{BalancerAddresses: []resolver.Address{l.lb.Address()}})
	s.Addresses = []resolver.Address{{Addr: fmt.Sprintf("10.3.0.%d:80", minute)}}
	if err := l.policy.UpdateClientConnState(balancer.ClientConnState{ResolverState: s}); err != nil {
		l.Fatal(err)
	}
}

// minute is what the balancer says in a minute, in a call of that length if it is
// not loyal. The call before ends by a word or with its connection.
func (l *life) minute(m int) {
	l.resolve(m % 7)
	if m == 0 || !l.loyal {
		l.redial(m)
	}
	for second := range 60 {
		l.say(60*m+second, second)
		synctest.Wait()
		l.work(second < quiet)
		time.Sleep(time.Second)
		l.takeReports()
	}
}

func (l *life) redial(m int) {
	switch {
	case m == 0:
	case m%2 == 0:
		l.call.HangUp(nil)
	default:
		l.lb.Restart()
	}
	l.call = l.lb.Next()
	l.call.Initial(time.Second)
}

// quiet is the second of a minute from which on the balancer sends the same two
// backends: calls in flight end in 7 s, and 10 s later what lingers is gone.
const quiet = 40

// say says what the balancer has to say in that second of a minute.
func (l *life) say(age, second int) {
	token := fmt.Sprint("t", age)
	switch {
	case second >= quiet:
		l.call.List(entry(1, token), entry(2, token), lbtest.Drop("d"+token))
	case second%16 == 5:
		l.call.List() // calls wait
	case second%16 == 9:
		l.call.Fallback()
	default:
		l.call.List(entry(age%11, token), entry(age%5, token), entry(age%11, "again"+token), entry(100+age%150, token),
			lbtest.Drop("d"+token), &lbpb.Server{Port: 80}, entry(age%3, "\x00"))
	}
}

func entry(backend int, token string) *lbpb.Server {
	return lbtest.Server(fmt.Sprintf("10.2.0.%d:80", backend), token)
}

// work makes a second's calls. Where they wait, one waits until it is cancelled.
// One of those that are picked goes on for seven seconds.
func (l *life) work(busy bool) {
	ctx, cancel := context.WithCancel(l.Context())
	defer cancel()
	for i := range callsPerSecond {
		l.calls++
		picked, err := l.parent.pick(ctx)
		switch {
		case err != nil: // it is dropped, or waits
		case busy && i == 0:
			l.open = append(l.open, open{time.Now(), picked.Done})
		default:
			picked.Done(balancer.DoneInfo{BytesSent: i%5 > 0, BytesReceived: i%5 > 1})
		}
	}
	for len(l.open) > 0 && time.Since(l.open[0].since) > 7*time.Second {
		l.open[0].done(balancer.DoneInfo{BytesSent: true, BytesReceived: true})
		l.open = l.open[1:]
	}
}

func (l *life) takeReports() {
	for {
		select {
		case r := <-l.call.Reports():
			l.reported += r.NumCallsStarted
		default:
			return
		}
	}
}
