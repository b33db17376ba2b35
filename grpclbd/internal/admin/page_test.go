package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/internal/webpage/webtest"
)

// A pageOnly asks the page, whatever the path.
type pageOnly struct{ handler }

func (p pageOnly) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.page(w, r) }

func pageFor(s view.State) http.Handler { return pageOnly{handler{&process{state: s}, silent}} }

func look(t *testing.T, s view.State, query string) webtest.Page {
	t.Helper()
	return webtest.Look(t, pageFor(s), query)
}

func TestPage_Overview(t *testing.T) {
	p := look(t, scene(), "")
	p.Shows("grpclb",
		"clients may come yes", "up for 26 h 0 min", "v1.2.0", "50, and 1 without a service",
		"read 3 h 0 min ago A newer one was refused 4 min 0 s ago: /etc/grpclbd.yaml:41",
		"in force only after a restart: listen , tls",
		"etcd at https://10.0.0.1:2379 , https://10.0.0.2:2379 , https://10.0.0.3:2379 does not answer for 1 min 35 s: context deadline exceeded",
		"greeter.example.com:443 serving 197 158 169 46 2 behind 8123456 31 123369",
		"Guard: minHealthy: 43 of 97", "The source file /etc/grpclbd/backends.yaml fails; what it said last stays in use, for 12 min 0 s",
		"orders.example.com:443 fallback 3 – 3 4 99 0 0",
		"slow.example.com:443 waiting 0 – 0 0 0 0 0 Waits for dns slow.internal:50051",
		`drain 10.1.0.14:50051 of service "greeter.example.com:443" 40 s ann@desk disk is being replaced 9 min 20 s ago 3 clients still have it`,
		`drain [2001:db8::15]:50051 of service "greeter.example.com:443" until it is lifted spiffe://example.com/ops/bob 3 h 0 min ago drained: no client has it`,
		"drop shed 5% of every service until it is lifted",
		`drain 10.7.0.7:50051 of service "greeter.example.com:443" until it is lifted ann@desk 7 d 0 h ago matches nothing: no source names a backend 10.7.0.7:50051 of service "greeter.example.com:443"`,
		`weight 10.1.0.16:50051 5 of service "greter.example.com:443" until it is lifted bob@night 1 h 0 min ago matches nothing: there is no service "greter.example.com:443"`,
		"lb-a.example.com:4711 (this one) 26 h 0 min 50 8123555", "lb-b.example.com:4711 as of 1 min 36 s ago 2 d 2 h",
		"all 50 · up to date 48 · behind 2")
	if n := strings.Count(webtest.Text(p.Root), "drop shed 5% of every service"); n != 1 {
		t.Errorf("the override of every service is shown %d times", n)
	}
	behind := look(t, scene(), strings.TrimSuffix(p.Link("behind 2"), "#clients"))
	behind.Shows("1007 10.9.0.7:39007", "has no. 700, due 811", "1008 10.9.0.8:39008", "has none, due 810", "all 50")
	behind.Hides("1009")
}

func TestList_Empty(t *testing.T) {
	s := scene()
	s.Services[0].Backends = nil
	for _, query := range []string{"", look(t, s, "").Link("greeter.example.com:443")} {
		look(t, s, query).Shows("No backend: clients get an empty list")
		look(t, scene(), query).Hides("No backend")
	}
}

func TestPage_Service(t *testing.T) {
	p := look(t, scene(), look(t, scene(), "").Link("greeter.example.com:443"))
	p.Shows("greeter.example.com:443 serving", "197 backends known, 169 in lists",
		"Sources differ: 10.1.0.3:50051",
		"etcd services/greeter 150 3.0 s ago good",
		"file /etc/grpclbd/backends.yaml 40 2 h 5 min ago fails for 12 min 0 s: open /etc/grpclbd/backends.yaml: no such file or directory What it said last stays in use.",
		"good took away 2, which are kept: 10.1.0.190:50051 , 10.1.0.191:50051 the first for 48 s more, or until grpclbd ctl confirm",
		"all 197 · healthy 156 · unhealthy 26 · unknown 13 · draining 2", "1 to 100 of 197",
		"10.1.0.0:50051 zone z0, token greeter-0, from etcd services/greeter healthy for 0.0 s yes, healthy 3 source 3, by load 2.718 (4.0 s ago) 0.585 % 46",
		"rack=r17, version=v2, from etcd", "35 % while it starts", "override 1",
		"no , drained by ann@desk: disk is being replaced 3 clients still have it",
		"no , drained by spiffe://example.com/ops/bob drained: no client has it",
		"connection refused",
		"zone=z1 z1 14 811 170 0.3 s ago", "List of class zone=z0", "1 to 100 of 170",
		"02:59:59.700 0.3 s ago 171 170 10.1.0.17:50051 is unhealthy",
		"all 46 · up to date 44 · behind 2", "1001 10.9.0.1:39001 z1 by certificate zone=z1 11 min 0 s")
	p.Hides("orders.example.com")
	look(t, scene(), "?service=greeter.example.com:443&list=2").Shows("169 drop shed 30 5 %")
	bad := look(t, scene(), strings.TrimSuffix(p.Link("unhealthy 26"), "#backends"))
	bad.Shows("10.1.0.1:50051", "served though unhealthy")
	bad.Hides("greeter-0,")
	if z1 := look(t, scene(), strings.TrimSuffix(p.Link("zone=z1"), "#list")); z1.Code != http.StatusOK {
		t.Errorf("status %d", z1.Code)
	} else {
		z1.Shows("List of class zone=z1")
	}
	gone := look(t, scene(), "?service=gone")
	gone.Shows("No service gone", "NOT_FOUND")
	if gone.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", gone.Code)
	}
	look(t, scene(), "?service=orders.example.com:443").Shows("use their fallback addresses", "asked for orders", "unchecked", "fallback of service")
	look(t, scene(), "?service=slow.example.com:443").Shows("clients get UNAVAILABLE", "never fails for 20 s", "no such host", "None yet.")
}

// A balancer that knows nothing yet, and one that stops, have a page.
func TestPage_Empty(t *testing.T) {
	look(t, view.State{}, "").Shows("not yet", "None is known.", "does not answer", "Clients None.")
	look(t, view.State{At: sceneAt, NotReady: []string{`service "s" is not ready`}, Services: []view.Service{{Name: "s", Mode: view.Waiting}}}, "").
		Shows(`Not ready: service "s" is not ready.`, "s waiting 0 – 0 0")
	look(t, view.State{Stopping: true, NotReady: []string{"the process is stopping"}}, "").Shows("no, it is stopping")
	look(t, view.State{Services: []view.Service{{Name: "s"}}}, "?service=s").Shows("0 backends known", "Sources None.")
}

// Long tables are in parts of 100 lines, and each line is on one of them.
func TestPage_Parts(t *testing.T) {
	s := scene()
	for i := range 150 {
		s.Services = append(s.Services, view.Service{Name: fmt.Sprintf("service-%03d", i)})
		s.Services[0].Classes = append(s.Services[0].Classes, view.Class{Name: fmt.Sprintf("class-%03d", i)})
		s.Clients = append(s.Clients, client(5))
	}
	p := look(t, s, "")
	p.Shows("1 to 100 of 153", "1 to 100 of 200", "service-096")
	p.Hides("service-097")
	look(t, s, "?services=2").Shows("service-149")
	look(t, s, "?service=greeter.example.com:443&classes=2").Shows("class-149")
	look(t, s, "?service=greeter.example.com:443").Shows("1 to 100 of 196", "1 to 100 of 170")
	seen := map[string]bool{}
	for part := 1; part <= 2; part++ {
		for _, address := range look(t, s, fmt.Sprint("?service=greeter.example.com:443&backends=", part)).Codes("10.1.0.") {
			seen[address] = true
		}
	}
	if len(seen) != 196 { // and one of IPv6
		t.Errorf("%d backends on both parts, want 196", len(seen))
	}
}

const evil = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E&refresh=%22%3E%3Cscript%3E&backends=-9&clients=99999999999999999999"

// Texts of files, of DNS, of etcd and of clients stay text, wherever they are shown: look fails the test otherwise.
func TestPage_HostileTexts(t *testing.T) {
	for _, text := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='x`, `</style></title><script>`,
		`javascript:alert(1)`, `{{.}}`, "\u202egnp.exe", "\x00\x1b[31m", "a\nb", "\u200b", strings.Repeat("long ", 51),
	} {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			s := hostile(text)
			first := look(t, s, "")
			var link string
			for n := range first.Root.Descendants() {
				if href := webtest.Attr(n, "href"); n.Data == "a" && strings.HasPrefix(href, "?service=") {
					link = href
				}
			}
			one := look(t, s, link)
			if one.Code != http.StatusOK {
				t.Errorf("status %d", one.Code)
			}
			for _, p := range []webtest.Page{first, one, look(t, s, link+"&class=x&condition="+evil), look(t, s, "?service="+evil)} {
				p.Hides("\u202e", "\x00", "\x1b", "\u200b", "\ufffd", "ZgotmplZ")
			}
		})
	}
}

// hostile is a state whose texts are all the same.
func hostile(text string) view.State {
	s := scene()
	s.Replica, s.Version, s.NotReady = text, text, []string{text}
	s.Config = view.Config{Path: text, Error: text, Restart: []string{text}}
	s.Store = view.Store{Kind: text, Members: []string{text}, Why: text}
	v := greeter()
	v.Name, v.Waiting, v.Guards, v.Conflicts = text, []string{text}, []string{text}, []string{text}
	v.Total.Drops = map[string]int64{text: 1}
	v.Sources[0] = view.Source{Kind: text, Name: text, Error: text, Held: []string{text}}
	b := &v.Backends[0]
	b.Address, b.Zone, b.Token, b.Health, b.Why, b.Reason, b.Labels = text, text, text, text, text, text, map[string]string{text: text}
	v.Overrides = []override.Override{{Service: text, Kind: override.Drop, Token: text, Who: text, Why: text}}
	v.Classes = []view.Class{{Name: text, Zone: text, Entries: []view.Entry{{Address: text, Token: text}}}}
	v.Changes = []view.Change{{Why: text}}
	s.Services = []view.Service{v}
	s.Overrides = []view.Override{{Override: v.Overrides[0], MatchesNothing: text}}
	s.Replicas[1].Name, s.Replicas[1].Services[0].Service, s.Replicas[1].Services[0].Drops = text, text, map[string]int64{text: 2}
	s.Clients = []view.Client{{Service: text, Asked: text + "x", Peer: text, Zone: text, ZoneFrom: text, Class: text}}
	return s
}

// With format=json the page is the state.
func TestPage_JSON(t *testing.T) {
	for query, services := range map[string]int{"?format=json": 3, "?service=orders.example.com:443&format=json": 1} {
		var s view.State
		w := webtest.Ask(t, pageFor(scene()), http.MethodGet, query)
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || len(s.Services) != services {
			t.Errorf("%s: error %v, %d services", query, err, len(s.Services))
		}
	}
}

func TestPage_OnlyReads(t *testing.T) {
	for method, want := range map[string]int{http.MethodGet: 200, http.MethodHead: 200, http.MethodPost: 405, http.MethodDelete: 405} {
		w := httptest.NewRecorder()
		Handler(&process{}, silent).ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		if w.Code != want || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d, want %d; headers %v", method, w.Code, want, w.Header())
		}
	}
}

// What is chosen outlives a link, also when a page loads itself again.
func TestPage_Refreshes(t *testing.T) {
	p := look(t, scene(), "?refresh=30")
	one := look(t, scene(), p.Link("orders.example.com:443"))
	home := look(t, scene(), one.Link("all services"))
	if p.Refreshes() != "30" || one.Refreshes() != "30" || home.Refreshes() != "30" {
		t.Errorf("every %s, %s, %s s, want 30", p.Refreshes(), one.Refreshes(), home.Refreshes())
	}
}
