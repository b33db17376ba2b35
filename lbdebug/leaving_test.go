package lbdebug_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/internal/registry"
)

// A closed channel leaves the pages at once.
func TestLbdebug_Channels_Closed(t *testing.T) {
	inBubble(t, func(s *scene) {
		s.connect()
		one := channelOf(t)
		s.ch.Close()
		synctest.Wait()
		look(t, "").Shows("None in this process")
		p := look(t, one)
		p.Shows("is gone")
		if p.Code != 404 {
			t.Errorf("status %d, want 404", p.Code)
		}
		if got := get(t, one+"&format=json"); got.Code != 404 || !json.Valid(got.Body.Bytes()) {
			t.Errorf("JSON: %d %s", got.Code, got.Body)
		}
		if n := len(registry.Live.Members()); n != 0 {
			t.Errorf("%d members, want 0", n)
		}
	})
}

// A channel that closes between the list of channels and its answer is left out.
func TestLbdebug_Closing_BeforeItIsAsked(t *testing.T) {
	enter(t, &double{err: grpclb.ErrClosed})
	enter(t, &double{state: &grpclb.State{Target: "stays", At: time.Now()}})
	p := look(t, "")
	p.Shows("stays")
	p.Hides("double")
	var all struct {
		Channels []struct{ State grpclb.State }
	}
	if err := json.Unmarshal(get(t, "?format=json").Body.Bytes(), &all); err != nil || len(all.Channels) != 1 {
		t.Errorf("%d channels, want 1, error %v", len(all.Channels), err)
	}
}

// An idle channel has no policy, so it is not on the pages. It gets another number when it leaves idleness.
func TestLbdebug_Channels_Idle(t *testing.T) {
	inBubble(t, func(s *scene) {
		s.connect()
		one := channelOf(t)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		look(t, "").Shows("None in this process")
		look(t, one).Shows("is gone")
		s.ch.CC.Connect()
		s.connect()
		look(t, "").Shows("1 in this process")
		if again := channelOf(t); again == one {
			t.Errorf("the number is the one before: %s", again)
		}
	}, grpc.WithIdleTimeout(time.Minute))
}

// A closer is in the registry in the place of a policy. It closes the policy's channel when it is asked, and then
// asks the policy.
type closer struct {
	registry.Member
	ch *lbtest.Channel
}

func (c *closer) State(ctx context.Context) (*grpclb.State, error) {
	c.ch.Close()
	return c.Member.(interface {
		State(context.Context) (*grpclb.State, error)
	}).State(ctx)
}

// A channel that is closed while it is asked is left out of the overview, and its page says that it is gone.
func TestLbdebug_Closing_WhileItIsAsked(t *testing.T) {
	for query, want := range map[string]int{"": 200, "?format=json": 200, "?channel=N": 404, "?channel=N&format=json": 404} {
		inBubble(t, func(s *scene) {
			s.connect()
			policy := registry.Live.Members()[0].Member
			registry.Live.Leave(policy)
			c := &closer{Member: policy, ch: s.ch}
			registry.Live.Join(c)
			defer registry.Live.Leave(c)
			number := fmt.Sprint(registry.Live.Members()[0].Number)
			p := look(t, strings.ReplaceAll(query, "N", number))
			p.Hides(s.ch.CC.Target())
			if p.Code != want {
				t.Errorf("%q: status %d, want %d", query, p.Code, want)
			}
		})
	}
}

// Pages are asked for while channels come and go. Each answer is whole.
func TestLbdebug_Closing_ManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		lb := lbtest.NewBalancer(t, n)
		var all sync.WaitGroup
		for range 20 {
			ch := lbtest.NewChannel(t, n, "{}")
			if err := ch.Resolve([]resolver.Address{lb.Address()}); err != nil {
				t.Fatal(err)
			}
			all.Go(ch.Close)
			all.Go(func() {
				for _, query := range []string{"?format=json", "", "?format=json"} {
					w := get(t, query)
					if w.Code != 200 || query != "" && !json.Valid(w.Body.Bytes()) {
						t.Errorf("%q: %d %s", query, w.Code, w.Body)
					}
				}
				for _, e := range registry.Live.Members() {
					if code := get(t, fmt.Sprintf("?channel=%d", e.Number)).Code; code != 200 && code != 404 {
						t.Errorf("channel %d: %d", e.Number, code)
					}
				}
			})
		}
		all.Wait()
		if left := len(registry.Live.Members()); left != 0 {
			t.Errorf("%d channels are left on the pages", left)
		}
	})
}
