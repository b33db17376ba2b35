package grpclb

import (
	"strings"
	"testing"

	"github.com/actorlb/grpclb/tokens"
)

// What begins also ends in the log, with how long it took.
func TestLog_BothWays(t *testing.T) {
	for _, c := range []struct{ what, history, want string }{
		{"contact", "resolve lb:x|list a:t|ready|after 1s|ended gone|after 3s|next gone|after 4s|list a:t",
			"contact with the balancer is lost: gone|contact with the balancer is back after 7s"},
		{"contact in fallback", "resolve lb:x at:p|list a:t|ready|asked|ready|ended gone|after 2s|list",
			"in fallback because the balancer asked for it|contact with the balancer is lost: gone|" +
				"contact with the balancer is back after 2s|the balancer's server list is empty: the fallback addresses stay in use"},
		{"contact, ended by the resolver", "resolve lb:x|list a:t|ready|removed+resolve at:p|ready|after 9s|resolve lb:x|list a:t",
			"in fallback because the resolver has taken the balancers away|fallback is over after 9s: the balancer has sent a server list"},
		{"fallback", "resolve lb:x at:p|after 10s|ready|after 5s|list a:t",
			"in fallback because no server list came from the balancer within 10s|fallback is over after 5s: the balancer has sent a server list"},
		{"fallback for another reason", "resolve at:p|ready|after 3s|resolve lb:x at:p|ready|after 5s|asked|after 7s|list a:t",
			"in fallback because the resolver names no balancer|fallback is over after 15s: the balancer has sent a server list"},
		{"an empty list", "resolve lb:x|list a:t|ready|list|after 4s|list|after 5s|list a:t",
			"the balancer's server list is empty: calls wait|the balancer's server list is no longer empty, after 9s"},
		{"an empty list in a batch", "resolve lb:x|list a:t|ready|list+list a:t", ""},
		{"backends", "resolve lb:x|list a:t|arriving|after 1s|unready|after 2s|unready|after 3s|ready|unready|after 4s|ready",
			"no backend of the balancer's server list is READY|a backend is READY, after 5s without one|" +
				"no backend of the balancer's server list is READY|a backend is READY, after 4s without one"},
		{"backends of the resolver", "resolve at:p|unready|after 2s|ready",
			"in fallback because the resolver names no balancer|no backend of the fallback addresses is READY|a backend is READY, after 2s without one"},
		{"backends, mended by another list", "resolve lb:x|list a:t|unready|after 2s|list b:t|arriving|after 1s|ready",
			"no backend of the balancer's server list is READY|a backend is READY, after 3s without one"},
		{"all of it", "resolve lb:x at:p|list a:t|ready|ended gone|after 1s|unready|ready|after 6s|list b:t|ready",
			"contact with the balancer is lost: gone|no backend of the balancer's server list is READY|" +
				"in fallback because the balancer was out of contact and no backend was READY: gone|a backend is READY, after 0s without one|" +
				"contact with the balancer is back after 7s|fallback is over after 6s: the balancer has sent a server list"},
		{"a list of drops alone", "resolve lb:x|list drop:d|unready|list a:t|ready", ""},
	} {
		if got := remarksOn(t, c.history, "server list in use"); got != c.want {
			t.Errorf("%s: %s\nlogged %s\nwant   %s", c.what, c.history, got, c.want)
		}
	}
}

// A list that changes something is one line.
func TestLog_BothWays_Lists(t *testing.T) {
	const (
		a, b, c = "10.0.0.97:80", "10.0.0.98:80", "10.0.0.99:80"
		inUse   = "server list in use: "
	)
	for _, k := range []struct{ history, want string }{
		{"list a:t b:t drop:d|list a:t b:t drop:d|replaced|list a:t b:t drop:d",
			inUse + "3 entries, 1 of them drops; backends that came: " + a + ", " + b + "; backends that went: none"},
		{"list a:t b:t|list c:t c:t b:t", inUse + "2 entries, 0 of them drops; backends that came: " + a + ", " + b + "; backends that went: none|" +
			inUse + "3 entries, 0 of them drops; backends that came: " + c + "; backends that went: " + a},
		{"list a:t|list a:u", inUse + "1 entries, 0 of them drops; backends that came: " + a + "; backends that went: none|" +
			inUse + "1 entries, 0 of them drops; backends that came: none; backends that went: none"},
		{"list a:t|list|list a:t", inUse + "1 entries, 0 of them drops; backends that came: " + a + "; backends that went: none"},
		{"list a:t b:t c:t d:t e:t f:t g:t h:t i:t j:t", inUse + "10 entries, 0 of them drops; backends that came: " +
			"10.0.0.97:80, 10.0.0.98:80, 10.0.0.99:80, 10.0.0.100:80, 10.0.0.101:80, 10.0.0.102:80, 10.0.0.103:80, 10.0.0.104:80 and 2 more; backends that went: none"},
	} {
		if got := remarksOn(t, "resolve lb:x|"+k.history, "the balancer's server list is"); got != k.want {
			t.Errorf("%s:\nlogged %s\nwant   %s", k.history, got, k.want)
		}
	}
}

// Of lists that come within a second of a line the next line tells all that changed.
func TestLog_Levels_Lists(t *testing.T) {
	s := newStage()
	var lists []*tokens.List
	for _, l := range []string{"list a:t", "list b:t c:t", "list c:t"} {
		s.list(strings.Fields(l)[1:])
		lists = append(lists, s.stream.List)
	}
	got := listChange{lists[1], lists[2]}.After(listChange{lists[0], lists[1]}).String()
	want := "server list in use: 1 entries, 0 of them drops; backends that came: 10.0.0.99:80; backends that went: 10.0.0.97:80"
	if got != want {
		t.Errorf("logged %s\nwant   %s", got, want)
	}
}

// remarksOn returns what is logged of a history, but for lines that begin with other words.
func remarksOn(t *testing.T, history, other string) string {
	t.Helper()
	s := newStage()
	play(t, s, history)
	var got []string
	for _, r := range s.machine.takeRemarks() {
		if text := r.String(); !strings.HasPrefix(text, other) {
			got = append(got, text)
		}
	}
	return strings.Join(got, "|")
}

func play(t *testing.T, s *stage, history string) {
	t.Helper()
	for batch := range strings.SplitSeq(history, "|") {
		for event := range strings.SplitSeq(batch, "+") {
			if !s.play(strings.Fields(event)) {
				t.Fatalf("no such event: %q", event)
			}
		}
		s.deliver()
	}
}
