package grpclb_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"
)

// puppetChild is a policy that does what a script says. The script is played to
// it as the policy of a channel and as the child of this one, and what it saw and
// what became of calls is compared.
const puppetChild = "tests_puppet"

// onStage is the play that the next puppet is part of.
var onStage atomic.Pointer[play]

func init() { balancer.Register(puppetBuilder{}) }

type puppetBuilder struct{}

func (puppetBuilder) Name() string { return puppetChild }

func (puppetBuilder) Build(cc balancer.ClientConn, _ balancer.BuildOptions) balancer.Balancer {
	p := onStage.Load()
	p.cc = cc
	return puppet{}
}

type puppet struct{}

func (puppet) UpdateClientConnState(balancer.ClientConnState) error       { return nil }
func (puppet) ResolverError(error)                                        {}
func (puppet) UpdateSubConnState(balancer.SubConn, balancer.SubConnState) {}
func (puppet) ExitIdle()                                                  {}
func (puppet) Close()                                                     {}

// A play is one performance of a script.
type play struct {
	*world
	cc     balancer.ClientConn
	cast   []*patient // the backends; each has at most one connection, ever
	conns  []balancer.SubConn
	ended  []bool // Shutdown was called
	last   connectivity.State
	picked int // the connection that is picked; -1: none

	mu    sync.Mutex
	heard []string // since the last step
	text  strings.Builder
}

func (p *play) note(format string, words ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, fmt.Sprintf(format, words...))
}

// close ends a step. What several connections hear of at the same time has no
// order, and of a listener's reports the last one counts: gRPC begins a new check
// for each, and here they may share one. When a connection is not READY any more its
// check ends, and whether that is reported first is chance.
func (p *play) close(step string) {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.SortStableFunc(p.heard, func(a, b string) int {
		return strings.Compare(strings.Fields(a)[0], strings.Fields(b)[0])
	})
	changed := map[string]bool{}
	for _, h := range p.heard {
		conn, _, _ := strings.Cut(strings.TrimPrefix(h, "conn-"), " ")
		changed[conn] = changed[conn] || strings.HasPrefix(h, "conn-")
	}
	var kept []string
	for i, h := range p.heard {
		if conn, _, _ := strings.Cut(strings.TrimPrefix(h, "health-"), "."); changed[conn] {
			continue
		}
		if next := i + 1; next < len(p.heard) && strings.HasPrefix(h, "health-") &&
			strings.Fields(h)[0] == strings.Fields(p.heard[next])[0] {
			continue
		}
		kept = append(kept, h)
	}
	p.heard = nil
	fmt.Fprintf(&p.text, "%s: %s\n", step, strings.Join(kept, ", "))
}

// perform plays a script, and returns what happened.
func perform(t *testing.T, script []byte, policy string) (happened string) {
	config := fmt.Sprintf(`{"loadBalancingConfig":[%s],"healthCheckConfig":{"serviceName":%q}}`, policy, healthName)
	inBubble(t, "", func(w *world) {
		p := &play{world: w, last: connectivity.Connecting, picked: -1}
		p.cast = w.patients(8)
		onStage.Store(p)
		w.resolveTo(nil, p.cast[0].Backend)
		for i := 0; i+1 < len(script); i += 2 {
			p.step(script[i], int(script[i+1]))
		}
		happened = p.text.String()
	}, grpc.WithDefaultServiceConfig(config), grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: time.Second}))
	return happened
}

func (p *play) step(what byte, n int) {
	switch what % 14 {
	case 0, 1:
		p.makes(n)
	case 2, 3:
		p.with(n, "connect", func(i int, sc balancer.SubConn) { sc.Connect() })
	case 4:
		p.with(n, "shut down", func(i int, sc balancer.SubConn) {
			p.ended[i] = true
			if p.picked == i { // as long as a picker names it, calls go over it: see law 8
				p.picked = -1
				p.cc.UpdateState(balancer.State{ConnectivityState: p.last})
			}
			sc.Shutdown()
		})
	case 5:
		p.with(n, "listen", func(i int, sc balancer.SubConn) { p.listen(i, n, sc) })
	case 6:
		b := p.cast[n%len(p.cast)]
		if n%3 == 0 {
			b.Restart()
		} else {
			b.Stop()
		}
		p.close(fmt.Sprintf("backend %d is up: %t", b.Number, n%3 == 0))
	case 7:
		b, how := p.cast[n%len(p.cast)], serving
		if n%2 == 0 {
			how = notServing
		}
		b.is(how)
		p.close(fmt.Sprintf("backend %d is %v", b.Number, how))
	case 8, 9:
		p.says(n)
	case 10, 11:
		p.calls(n%2 == 0)
	case 12:
		p.with(n, "produce", func(i int, sc balancer.SubConn) { p.produce(i, n, sc) })
	default:
		p.pause(30 * time.Second)
		p.close("half a minute")
	}
}

// makes makes a connection to the next backend.
func (p *play) makes(n int) {
	i := len(p.conns)
	if i == len(p.cast) {
		return
	}
	//lint:ignore SA1019 it is deprecated for several addresses
	sc, err := p.cc.NewSubConn([]resolver.Address{p.cast[i].Address()}, balancer.NewSubConnOptions{
		HealthCheckEnabled: n%4 == 0,
		StateListener: func(s balancer.SubConnState) {
			p.note("conn-%d %v %t", i, s.ConnectivityState, s.ConnectionError != nil)
		},
	})
	if err != nil {
		p.Fatal(err)
	}
	p.conns, p.ended = append(p.conns, sc), append(p.ended, false)
	p.close(fmt.Sprintf("make %d", i))
}

// with does something with one of the connections.
func (p *play) with(n int, what string, do func(int, balancer.SubConn)) {
	if len(p.conns) == 0 {
		return
	}
	i := n % len(p.conns)
	do(i, p.conns[i])
	p.close(fmt.Sprintf("%s %d", what, i))
}

func (p *play) listen(i, n int, sc balancer.SubConn) {
	if n%5 == 0 {
		sc.RegisterHealthListener(nil)
		return
	}
	sc.RegisterHealthListener(func(s balancer.SubConnState) {
		p.note("health-%d.%d %v %t", i, n, s.ConnectivityState, s.ConnectionError != nil)
	})
}

// A product is what its builder builds, for one connection.
type product struct {
	play *play
	conn int
}

// Build notes that there is a producer, and that it is over.
func (b product) Build(any) (balancer.Producer, func()) {
	b.play.note("producer-%d begins", b.conn)
	return b, func() { b.play.note("producer-%d ends", b.conn) }
}

func (p *play) produce(i, n int, sc balancer.SubConn) {
	if p.ended[i] {
		return // there is no promise what becomes of it
	}
	got, end := sc.GetOrBuildProducer(product{p, i})
	if _, ok := got.(product); !ok {
		p.note("producer-%d is a %T", i, got)
	}
	if n%3 == 0 {
		end()
	}
}

// says publishes a state with a picker that goes with it. A failure is left for
// READY alone: so this policy shows it (state.sticky), and so pick_first goes about
// it. IDLE is not among them: it is shown as CONNECTING.
func (p *play) says(n int) {
	state := []connectivity.State{connectivity.Connecting, connectivity.Ready, connectivity.TransientFailure}[n%3]
	if p.last == connectivity.TransientFailure && state == connectivity.Connecting {
		return
	}
	p.last, p.picked = state, -1
	picker, name := p.picker(n/3, state)
	p.cc.UpdateState(balancer.State{ConnectivityState: state, Picker: picker})
	p.close(fmt.Sprintf("say %v with %s", state, name))
}

func (p *play) picker(n int, state connectivity.State) (balancer.Picker, string) {
	kinds := 6
	if state == connectivity.TransientFailure {
		kinds = 4
	}
	switch n % kinds {
	case 0:
		return nil, "no picker"
	case 1:
		return puppetPicker{err: balancer.ErrNoSubConnAvailable}, "none available"
	case 2:
		return puppetPicker{err: errors.New("no way")}, "an error"
	case 3:
		return puppetPicker{err: status.Error([]codes.Code{codes.Unavailable, codes.NotFound, codes.Aborted}[n%3], "no way")}, "a status"
	case 4:
		return puppetPicker{}, "a pick of nobody"
	}
	if len(p.conns) == 0 {
		return nil, "no picker"
	}
	i := n % len(p.conns)
	if p.ended[i] {
		return nil, "no picker"
	}
	p.picked = i
	return puppetPicker{result: balancer.PickResult{
		SubConn: p.conns[i],
		Done:    func(info balancer.DoneInfo) { p.note("done-%d %t", i, info.Err != nil) },
	}}, fmt.Sprintf("a pick of %d", i)
}

type puppetPicker struct {
	result balancer.PickResult
	err    error
}

func (p puppetPicker) Pick(balancer.PickInfo) (balancer.PickResult, error) { return p.result, p.err }

func (p *play) calls(patient bool) {
	ctx, cancel := context.WithTimeout(p.Context(), time.Second)
	defer cancel()
	answer, err := p.ch.Unary(ctx, grpc.WaitForReady(patient))
	p.note("answer %d %v", answer.Backend, status.Code(err))
	p.close(fmt.Sprintf("a call, wait-for-ready %t", patient))
}

// sideBySide plays a script twice, and returns both.
func sideBySide(t *testing.T, script []byte) (alone, hosted string) {
	own := `{"` + puppetChild + `":{}}`
	return perform(t, script, own),
		perform(t, script, `{"grpclb":{"childPolicy":[`+own+`],"subConnLinger":"0s"}}`)
}

// One after the other: a connection with its states, health and producers, and
// pickers of every kind.
func TestState_ChildContract_SideBySide(t *testing.T) {
	const make, connect, shut, listen, backend, health, says, calls, produce, wait = 0, 2, 4, 5, 6, 7, 8, 10, 12, 13
	script := []byte{
		calls, 1, says, 0, calls, 1, says, 6, calls, 1, // CONNECTING without a picker, and with an error
		make, 1, produce, 1, connect, 0, listen, 1, produce, 3, produce, 1,
		says, 16, calls, 1, calls, 0, // READY, with a pick of 0
		health, 0, listen, 2, health, 1, listen, 5,
		backend, 8, calls, 1, wait, 0, connect, 0, says, 8, calls, 1, calls, 0, // it is lost
		backend, 24, wait, 0, connect, 0, says, 16, calls, 1, shut, 0, calls, 1, connect, 0, listen, 1,
		make, 0, health, 8, connect, 1, health, 9, connect, 1, calls, 1, // checked by itself
		says, 11, calls, 0, says, 5, calls, 1, says, 2, calls, 1, // failures: a status, none available, no picker
		says, 13, calls, 1, // READY with a pick of nobody
	}
	alone, hosted := sideBySide(t, script)
	if alone != hosted {
		t.Errorf("alone:\n%s\nhosted:\n%s", alone, hosted)
	}
	for _, want := range []string{"READY", "SHUTDOWN", "TRANSIENT_FAILURE", "health-0.1", "producer-0 ends", "done-0"} {
		if !strings.Contains(hosted, want) {
			t.Errorf("the script never comes to %q:\n%s", want, hosted)
		}
	}
}

func TestState_ChildContract_RandomSideBySide(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 10))
		script := make([]byte, 2*(10+random.IntN(40)))
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		if alone, hosted := sideBySide(t, script); alone != hosted {
			t.Fatalf("seed %d\nalone:\n%s\nhosted:\n%s", seed, alone, hosted)
		}
	}
}

func FuzzChildContract(f *testing.F) {
	f.Add([]byte{0, 0, 2, 0, 5, 1, 8, 16, 10, 1, 7, 0, 10, 1, 4, 0, 10, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		if alone, hosted := sideBySide(t, script[:min(len(script), 100)]); alone != hosted {
			t.Errorf("alone:\n%s\nhosted:\n%s", alone, hosted)
		}
	})
}
