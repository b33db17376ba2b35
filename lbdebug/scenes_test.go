package lbdebug_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbdebug"
)

// connect resolves the balancer and has it answer.
func (s *scene) connect(fallback ...string) *lbtest.Call {
	s.Helper()
	if err := s.ch.Resolve([]resolver.Address{s.lb.Address()}, fallback...); err != nil {
		s.Fatal(err)
	}
	c := s.lb.Next()
	c.Initial(0)
	synctest.Wait()
	return c
}

func (s *scene) list(c *lbtest.Call, entries ...*lbpb.Server) {
	c.List(entries...)
	synctest.Wait()
}

func TestLbdebug_Page_Waiting(t *testing.T) {
	inBubble(t, func(s *scene) {
		s.connect()
		go s.ch.Unary(s.Context())
		synctest.Wait()
		time.Sleep(2 * time.Second)
		look(t, "").Shows("waiting for 2.0 s", "the first server list has not come yet", "stream open, no list on it")
		look(t, channelOf(t)).Shows("No list with entries has come.", "now 1, the first for 2.0 s")
	})
}

func TestLbdebug_Page_Balanced(t *testing.T) {
	inBubble(t, func(s *scene) {
		b := lbtest.NewBackend(s, s.network, 1)
		c := s.connect("10.9.9.9:1")
		s.list(c, lbtest.Server(b.Addr(), "t1"), lbtest.Drop("d"), lbtest.Server("10.0.0.1:0", "bad"))
		if _, err := s.ch.Unary(s.Context()); err != nil {
			t.Fatal(err)
		}
		look(t, "").Shows("1 in this process", "balanced for 0.0 s", "stream open "+s.lb.Addr(), "2 entries, 50 % drops", "1 of 1")
		one := channelOf(t)
		p := look(t, one)
		p.Shows(s.ch.CC.Target(), "balanced", "yes", "2, 1 of them drops (50 % of the calls)", "1 entries entry 2:",
			"10.9.9.9:1", "all 1 · READY 1", "READY 0.0 s list t1 50 % 1", "own rotation", "All fields are as by default.", `"subConnLinger": "10s"`)
		p.Hides("Entries of the server list", "refused to")
		look(t, p.Link("show entries")[:len(p.Link("show entries"))-len("#entries")]).Shows("0 "+b.Addr()+" t1", "1 drop d")
	})
}

func TestLbdebug_Page_Fallback(t *testing.T) {
	inBubble(t, func(s *scene) {
		b := lbtest.NewBackend(s, s.network, 1)
		if err := s.ch.Resolve([]resolver.Address{{Addr: "10.127.0.1:1"}}, b.Addr()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		look(t, "").Shows("fallback for 0.0 s", "no server list came from the balancer", "refused", "waiting for the next try", "1 of 1")
		look(t, channelOf(t)).Shows("no. 1; 1 ended", "next try in", "round_robin", "current", b.Addr())
	})
}

// A real list of 1,000 backends that nobody serves.
func TestLbdebug_Bounded_ThousandBackends(t *testing.T) {
	inBubble(t, func(s *scene) {
		c := s.connect()
		var entries []*lbpb.Server
		for i := range 1000 {
			entries = append(entries, lbtest.Server(fmt.Sprintf("10.1.%d.%d:443", i/250, i%250), "t"))
		}
		s.list(c, entries...)
		one := channelOf(t)
		p := look(t, one)
		p.Shows("all 1000", "1 to 100 of 1000")
		seen := map[string]bool{}
		for pages := 1; ; pages++ {
			for _, addr := range p.Codes("10.1.") {
				seen[addr] = true
			}
			next := p.Link("next")
			if next == "" {
				if pages != 10 {
					t.Errorf("%d pages, want 10", pages)
				}
				break
			}
			p = look(t, next)
		}
		if len(seen) != 1000 {
			t.Errorf("%d backends on all pages, want 1000", len(seen))
		}
		p.Shows("901 to 1000 of 1000")
		look(t, one+"&entries=10").Shows("901 to 1000 of 1000", "999 10.1.3.249:443 t")
	})
}

// The JSON is what Describe returns.
func TestLbdebug_JSON(t *testing.T) {
	inBubble(t, func(s *scene) {
		c := s.connect()
		s.list(c, lbtest.Server("10.0.0.1:1", "<t>"))
		want, err := grpclb.Describe(s.Context(), s.ch.CC)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var one struct{ State json.RawMessage }
		var all struct {
			Channels []struct{ State json.RawMessage }
		}
		if err := json.Unmarshal(get(t, "?format=json").Body.Bytes(), &all); err != nil || len(all.Channels) != 1 {
			t.Fatalf("%d channels, error %v", len(all.Channels), err)
		}
		if err := json.Unmarshal(get(t, channelOf(t)+"&format=json").Body.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		if compact(one.State) != string(text) || compact(all.Channels[0].State) != string(text) {
			t.Errorf("got %s, want %s", one.State, text)
		}
	})
}

func compact(text json.RawMessage) string {
	short, _ := json.Marshal(text) // compacts; what is no JSON is seen as a difference
	return string(short)
}

func TestLbdebug_Page_LinkToChannelz(t *testing.T) {
	enter(t, &double{state: &grpclb.State{Target: "a", Channelz: 17}})
	one := channelOf(t)
	if got := look(t, one).Link("channelz 17"); got != "" {
		t.Errorf("a link to %q, though nothing serves channelz", got)
	}
	if got := look(t, one, lbdebug.WithChannelz("/z/channel/")).Link("channelz 17"); got != "/z/channel/17" {
		t.Errorf("a link to %q", got)
	}
}
