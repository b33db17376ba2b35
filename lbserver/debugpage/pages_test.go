package debugpage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/webpage/webtest"
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/debugpage"
)

func backend(n int) lbserver.Server {
	return lbserver.Server{Address: fmt.Sprintf("10.0.%d.%d:443", n/250, n%250+1), Token: fmt.Sprint("t", n)}
}

func many(n int) (all []lbserver.Server) {
	for i := range n {
		all = append(all, backend(i))
	}
	return all
}

func TestServer_Page_Overview(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.look("").Shows("None is set or expected", "open 0", "opened 0", "Clients None.")
		weighted := backend(1)
		weighted.Weight = 3
		r.set("greeter", "", weighted, lbserver.Server{Drop: true, Token: "shed"})
		r.set("greeter", "z1", backend(2))
		if err := r.SetFallback("unwell"); err != nil {
			t.Fatal(err)
		}
		if err := r.Expect("later"); err != nil {
			t.Fatal(err)
		}
		c := r.join("Greeter", "", "192.0.2.1:1")
		c.report(&lbpb.ClientStats{NumCallsStarted: 12, NumCallsFinished: 11, NumCallsFinishedWithClientFailedToSend: 4,
			CallsFinishedWithDrop: []*lbpb.ClientStatsPerToken{{LoadBalanceToken: "shed", NumCalls: 3}}})
		r.pause(90 * time.Second)
		r.mute("greeter", "z1", "[2001:db8::1]:2")
		r.join("later", "", "192.0.2.3:3")
		r.join("unknown", "", "192.0.2.4:4")
		p := r.look("")
		p.Shows("open 3", "opened 4", "ended NOT_FOUND 1", "set 3", "load reports 1",
			"greeter 2 servers, 25 % drops no. 1, 1 min 30 s old and 1 for a class 2 1 behind 12 4 3 1",
			"later not known yet 1 0 0 0 0", "unwell use your fallback",
			"all 3 · up to date 1 · behind 1 · waiting 1",
			"1 192.0.2.1:1 greeter asked for Greeter 1 min 30 s up to date has no. 1 1 min 30 s ago 12 started, 11 finished, 3 dropped by shed",
			"2 [2001:db8::1]:2 greeter z1 0.0 s behind has none, due 2 none",
			"3 192.0.2.3:3 later 0.0 s waiting none")
		p.Hides("192.0.2.4", "closed")
		only := r.look(strings.TrimSuffix(p.Link("behind 1"), "#clients"))
		only.Shows("2001:db8::1", "all 3")
		only.Hides("192.0.2.1:1")
		r.Close()
		r.look("").Shows("The balancer is closed.")
	})
}

func TestServer_Page_Service(t *testing.T) {
	inBubble(t, func(r *rig) {
		weighted := backend(1)
		weighted.Weight = 300
		r.set("greeter", "", weighted, lbserver.Server{Drop: true, Token: "shed", Weight: 100})
		r.set("greeter", "z1", backend(2))
		c := r.join("greeter", "z9", "192.0.2.1:1")
		c.report(&lbpb.ClientStats{NumCallsStarted: 7, NumCallsFinished: 6, NumCallsFinishedKnownReceived: 5, NumCallsFinishedWithClientFailedToSend: 1,
			CallsFinishedWithDrop: []*lbpb.ClientStatsPerToken{{LoadBalanceToken: "stranger's", NumCalls: 2}}})
		r.join("other", "", "192.0.2.2:2")
		p := r.look(r.look("").Link("greeter"))
		p.Shows("without one 1 2 servers, 25 % drops 0.0 s old, 4 entries 1", "z1 2 1 server 0.0 s old 0",
			"load reports 1", "started 7", "finished 6: 5 reached a backend for certain, 1 were not sent", "dropped 2 by (other) 0 by shed",
			"no. address token weight share entries 0 10.0.0.2:443 t1 300 75 % 3 1 drop shed 100 25 % 1",
			"1 192.0.2.1:1 z9 0.0 s up to date has no. 1 0.0 s ago 7 started, 6 finished, 2 dropped by stranger's")
		p.Hides("192.0.2.2", "t2")
		z1 := r.look(strings.TrimSuffix(p.Link("z1"), "#servers"))
		z1.Shows("Servers of class z1", "0 10.0.0.3:443 t2 1 100 % 1")
		z1.Hides("shed 100")
		if back := z1.Link("without one"); back != "?service=greeter#servers" {
			t.Errorf("the class without a name is at %q", back)
		}
		r.Remove("greeter")
		gone := r.look("?service=greeter")
		gone.Shows("No service greeter", "NOT_FOUND")
		if gone.Code != http.StatusNotFound {
			t.Errorf("status %d, want 404", gone.Code)
		}
	})
}

// Long tables are in parts of 100 lines, and each line is on one of them.
func TestServer_Page_Parts(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.set("greeter", "", many(1000)...)
		for i := range 150 {
			r.set(fmt.Sprintf("service-%03d", i), "", backend(i))
			r.set("greeter", fmt.Sprintf("class-%03d", i), backend(i))
			r.join("greeter", "", fmt.Sprintf("192.0.2.%d:1", i))
		}
		p := r.look("")
		p.Shows("1 to 100 of 151", "service-098", "1 to 100 of 150", "192.0.2.99:1")
		p.Hides("service-099", "192.0.2.100:1")
		r.look("?services=2&clients=2").Shows("service-149", "192.0.2.149:1")
		r.look("?service=greeter&answers=2").Shows("class-149")
		seen := map[string]bool{}
		for part := 1; part <= 10; part++ {
			for _, addr := range r.look(fmt.Sprint("?service=greeter&servers=", part)).Codes("10.0.") {
				seen[addr] = true
			}
		}
		if len(seen) != 1000 {
			t.Errorf("%d servers on all parts, want 1000", len(seen))
		}
	})
}

// Texts of a program and of clients stay text, wherever they are shown: look fails the test
// otherwise.
func TestServer_Page_HostileTexts(t *testing.T) {
	for _, text := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='x`, `</style></title><script>`,
		`javascript:alert(1)`, `{{.}}`, "\u202egnp.exe", "\x00\x1b[31m", "a\nb", "\u200b", strings.Repeat("long ", 51),
	} {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				token := strings.Map(func(c rune) rune {
					if c < ' ' || c > '~' {
						return -1
					}
					return c
				}, strings.TrimSpace(text))
				token = strings.TrimSpace(token[:min(len(token), 49)])
				r.set(text, "", lbserver.Server{Address: "10.0.0.1:1", Token: token}, lbserver.Server{Drop: true, Token: token})
				r.set(text, text, backend(1))
				c := r.join(text, text, text)
				c.report(&lbpb.ClientStats{CallsFinishedWithDrop: []*lbpb.ClientStatsPerToken{{LoadBalanceToken: text, NumCalls: 1}}})
				first := r.look("")
				var link string
				for n := range first.Root.Descendants() {
					if href := webtest.Attr(n, "href"); n.Data == "a" && strings.HasPrefix(href, "?service=") {
						link = href
					}
				}
				one := r.look(link)
				for _, p := range []webtest.Page{first, one, r.look(link + "&class=x&standing=" + evil), r.look("?service=" + evil)} {
					p.Hides("\u202e", "\x00", "\x1b", "\u200b", "\ufffd", "ZgotmplZ")
				}
				if one.Code != http.StatusOK {
					t.Errorf("status %d", one.Code)
				}
				if strings.HasPrefix(text, "<") {
					one.Shows(strings.Join(strings.Fields(text), " "))
				}
			})
		})
	}
}

const evil = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E&refresh=%22%3E%3Cscript%3E&servers=-9&clients=99999999999999999999"

// The JSON is what State returns, and that of a service has this one alone.
func TestServer_Page_JSON(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.set("greeter", "", backend(1))
		r.set("other", "", backend(2))
		r.join("greeter", "", "192.0.2.1:1")
		r.join("other", "", "192.0.2.2:2")
		want := r.State()
		got := r.read("?format=json", http.StatusOK)
		if diff := cmp.Diff(want, got, withoutPeer); diff != "" {
			t.Errorf("all (-State +JSON):\n%s", diff)
		}
		want.Services, want.Clients = want.Services[1:], want.Clients[1:]
		if diff := cmp.Diff(want, r.read("?service=other&format=json", http.StatusOK), withoutPeer); diff != "" {
			t.Errorf("one service (-State +JSON):\n%s", diff)
		}
		want.Services, want.Clients = want.Services[:0], want.Clients[:0]
		if diff := cmp.Diff(want, r.read("?service=unknown&format=json", http.StatusNotFound), withoutPeer); diff != "" {
			t.Errorf("no service (-State +JSON):\n%s", diff)
		}
	})
}

// withoutPeer compares clients without what is not in the JSON.
var withoutPeer = cmp.Transformer("JSON", func(c lbserver.ClientState) string {
	text, _ := json.Marshal(c) // an error is seen as a difference
	return string(text)
})

func (r *rig) read(query string, code int) (s lbserver.State) {
	r.t.Helper()
	w := webtest.Ask(r.t, debugpage.Handler(r.Balancer), http.MethodGet, query)
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != code || w.Header().Get("Content-Type") != "application/json" {
		r.t.Errorf("%s: error %v, status %d, headers %v", query, err, w.Code, w.Header())
	}
	return s
}

func TestServer_Page_OnlyReads(t *testing.T) {
	inBubble(t, func(r *rig) {
		for method, want := range map[string]int{http.MethodGet: 200, http.MethodHead: 200, http.MethodPost: 405, http.MethodDelete: 405} {
			w := webtest.Ask(t, debugpage.Handler(r.Balancer), method, "")
			if w.Code != want || w.Header().Get("Content-Security-Policy") == "" {
				t.Errorf("%s: %d, want %d; headers %v", method, w.Code, want, w.Header())
			}
		}
	})
}

// What is chosen, also when a page loads itself again, outlives a link.
func TestServer_Page_Refreshes(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.set("greeter", "", backend(1))
		p := r.look("?refresh=30")
		one := r.look(p.Link("greeter"))
		home := r.look(one.Link("all services"))
		if p.Refreshes() != "30" || one.Refreshes() != "30" || home.Refreshes() != "30" {
			t.Errorf("every %s, %s, %s s, want 30", p.Refreshes(), one.Refreshes(), home.Refreshes())
		}
	})
}
