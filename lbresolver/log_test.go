package lbresolver

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/internal/diary"
)

// What begins also ends in the log, with how long it took.
func TestLog_BothWays(t *testing.T) {
	service := target{service: hostPort{"shop", 443}}
	c, now := newCore(service, defaults, nil), time.Unix(0, 0)
	failed := answer{err: errors.New("no answer")}
	found := answer{places: []place{{hostPort: hostPort{"10.0.0.1", 80}}}}
	part := answer{places: found.places, err: failed.err}

	var got []string
	note := func(all ...diary.Remark) {
		for _, r := range all {
			got = append(got, r.String())
		}
		now = now.Add(time.Second)
	}
	note(c.remarkBalancers(now, failed))
	note(c.remarkBalancers(now, part))
	note(c.remarkBalancers(now, found))
	note(c.remarkBalancers(now, found))
	note(c.remarkAddresses(now, found)...)
	note(c.remarkAddresses(now, failed)...)
	note(c.remarkAddresses(now, found)...)
	note(c.remarkConfig(now, nil)...)
	note(c.remarkConfig(now, failed.err)...)
	note(c.remarkConfig(now, failed.err)...)
	note(c.remarkConfig(now, nil)...)
	want := []string{
		"lbresolver: the balancers of shop:443 can't be looked up, so the 0 known stay for now: no answer",
		"lbresolver: not all balancers of shop:443 could be looked up, so those known before stay for now: no answer",
		"lbresolver: shop:443 has balancers at 1 addresses, which could not be looked up for 2s",
		"lbresolver: shop:443 has balancers at 1 addresses",
		"lbresolver: not all addresses of shop:443 could be looked up, so the 0 known stay for now: no answer",
		"lbresolver: the addresses of shop:443 are known, after 1s in which not all could be looked up",
		"lbresolver: the service config of shop:443 in DNS can't be used, so one that DNS gave before stays: no answer",
		"lbresolver: the service config of shop:443 in DNS can't be used, so one that DNS gave before stays: no answer",
		"lbresolver: the service config of shop:443 in DNS is known, after 2s in which it could not be used",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("logged:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Each line names the target that was dialled, with its parameters.
func TestLog_Who(t *testing.T) {
	lines := make(chan string, 100)
	logged.Store(&lines)
	t.Cleanup(func() { logged.Store(nil) })
	inBubbleFor(t, "grpclb:///shop.example.com?refresh=5m", func(m *memory) { m.hosts = nil }, func(b *bubble) {
		if len(lines) == 0 {
			t.Error("nothing is logged of balancers that are not found")
		}
	})
	for len(lines) > 0 {
		line := <-lines
		if _, text, _ := strings.Cut(line, " "); !strings.HasPrefix(text, "[grpclb] grpclb:///shop.example.com?refresh=5m: lbresolver: ") {
			t.Errorf("whose line is this? %s", line)
		}
	}
}
