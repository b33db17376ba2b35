package fleet

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A list and when it came.
type arrival struct {
	list string
	at   time.Time
}

// arrivals has the client's lists received as they come.
func (g *guest) arrivals() <-chan arrival {
	all := make(chan arrival, 10_000)
	go func() {
		defer close(all)
		for {
			answer := g.next()
			if !strings.Contains(answer, ":") {
				return
			}
			all <- arrival{answer, time.Now()}
		}
	}()
	return all
}

// wantsSoon drains the channel until a list has the backend, or has it no more, and checks that
// the list came within 50 ms.
func wantsSoon(t *testing.T, lists <-chan arrival, address string, has bool) {
	t.Helper()
	began := time.Now()
	for a := range lists {
		if strings.Contains(a.list, address) == has {
			if took := a.at.Sub(began); took > 50*time.Millisecond {
				t.Errorf("the list came after %v", took)
			}
			return
		}
	}
	t.Error("the stream has ended")
}

// While a source flaps, a client gets ten lists a second, and what health and operators decide
// reaches it within 50 ms.
func TestHealth_ReachesClientsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, config.Service{Health: &config.Health{}})
		s, w := <-h.sources, <-h.watchers
		h.fleet.OverridesSaid(nil)
		s.says(at(1), at(2), at(3), at(4))
		<-h.ready
		lists := h.guest().arrivals()
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
				}
				s.says(at(1), at(2), at(3, "weight="+string(rune('1'+i%3))), at(4))
			}
		}()
		for i := range 20 {
			time.Sleep(time.Duration(100+7*i) * time.Millisecond)
			w.says("10.0.0.2:80", false)
			wantsSoon(t, lists, "10.0.0.2:80", false)
			time.Sleep(3 * time.Millisecond)
			w.says("10.0.0.2:80", true)
			wantsSoon(t, lists, "10.0.0.2:80", true)
			h.fleet.OverridesSaid([]override.Override{{Kind: override.Drain, Address: "10.0.0.4:80"}})
			wantsSoon(t, lists, "10.0.0.4:80", false)
			h.fleet.OverridesSaid(nil)
			wantsSoon(t, lists, "10.0.0.4:80", true)
		}
		began, before := time.Now(), len(lists)
		time.Sleep(10 * time.Second)
		if n := len(lists) - before; n < 90 || n > 101 {
			t.Errorf("%d lists in %v of flapping", n, time.Since(began))
		}
		close(stop)
		<-stopped
	})
}
