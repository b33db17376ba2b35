package lbdebug_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/internal/registry"
	"github.com/actorlb/grpclb/internal/webpage/webtest"
	"github.com/actorlb/grpclb/lbdebug"
)

// get asks the handler for a page.
func get(t testing.TB, query string, options ...lbdebug.Option) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, http.MethodGet, query, options...)
}

func ask(t testing.TB, method, query string, options ...lbdebug.Option) *httptest.ResponseRecorder {
	t.Helper()
	return webtest.Ask(t, lbdebug.Handler(options...), method, query)
}

// look gets a page and checks what holds for all pages.
func look(t testing.TB, query string, options ...lbdebug.Option) webtest.Page {
	t.Helper()
	return webtest.Look(t, lbdebug.Handler(options...), query)
}

// A double is in the registry in the place of a policy.
type double struct {
	state *grpclb.State
	err   error
}

func (d *double) Target() string                               { return d.state.Target }
func (d *double) State(context.Context) (*grpclb.State, error) { return d.state, d.err }

// enter puts a double into the registry until the test ends, and returns the link to its page.
func enter(t testing.TB, d *double) {
	t.Helper()
	if d.state == nil {
		d.state = &grpclb.State{Target: "double", At: time.Now()}
	}
	registry.Live.Join(d)
	t.Cleanup(func() { registry.Live.Leave(d) })
}

// channelOf returns the link to the page of the first channel.
func channelOf(t testing.TB) string {
	t.Helper()
	all := registry.Live.Members()
	if len(all) == 0 {
		t.Fatal("no channel is registered")
	}
	link := look(t, "").Link(all[0].Member.Target())
	if link == "" {
		t.Fatalf("no link to %s", all[0].Member.Target())
	}
	return link
}

// A scene is a real channel in a bubble.
type scene struct {
	*testing.T
	network lbtest.Network
	lb      *lbtest.Balancer
	ch      *lbtest.Channel
}

func inBubble(t *testing.T, play func(*scene), options ...grpc.DialOption) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		s := &scene{T: t, network: n, lb: lbtest.NewBalancer(t, n)}
		s.ch = lbtest.NewChannel(t, n, "{}", append([]grpc.DialOption{grpc.WithIdleTimeout(0)}, options...)...)
		play(s)
	})
}
