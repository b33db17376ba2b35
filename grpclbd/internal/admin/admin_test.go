package admin

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	channelzpb "google.golang.org/grpc/channelz/grpc_channelz_v1"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/actorlb/grpclb/grpclbd/internal/certtest"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A process is one that a test makes up.
type process struct {
	state  view.State
	put    []override.Override
	away   error
	lifted string
}

func (p *process) State() view.State       { return p.state }
func (p *process) Ready() (bool, []string) { return p.state.Ready, p.state.NotReady }
func (p *process) Put(_ context.Context, o override.Override) error {
	p.put = append(p.put, o)
	return p.away
}
func (p *process) Lift(_ context.Context, service string, kind override.Kind, subject string) (bool, error) {
	p.lifted = service + "/" + string(kind) + "/" + subject
	return service == "s", p.away
}
func (p *process) Confirm(service string) bool { return service == "s" }

var silent = slog.New(slog.DiscardHandler)

// serve serves a process as Listen does, with this configuration, and returns where.
func serve(t *testing.T, p Process, cfg *config.Config) string {
	t.Helper()
	return serveLogged(t, p, cfg, silent)
}

func serveLogged(t *testing.T, p Process, cfg *config.Config, log *slog.Logger) string {
	t.Helper()
	if cfg.Admin == "" {
		cfg.Admin = "127.0.0.1:0"
	}
	s, err := Listen(cfg, p, log)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		s.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s.Address()
}

// ask makes a request and returns the status and the body.
func ask(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestReady(t *testing.T) {
	p := &process{state: view.State{NotReady: []string{`service "s" is not ready`}}}
	at := "http://" + serve(t, p, &config.Config{})
	if code, body := ask(t, "GET", at+"/readyz", ""); code != 503 || !strings.Contains(body, `service "s" is not ready`) {
		t.Errorf("/readyz: %d %q", code, body)
	}
	if code, _ := ask(t, "GET", at+"/livez", ""); code != 200 {
		t.Errorf("/livez: %d", code)
	}
	p.state.Ready = true
	if code, _ := ask(t, "GET", at+"/readyz", ""); code != 200 {
		t.Errorf("/readyz of a process that is ready: %d", code)
	}
}

func TestState(t *testing.T) {
	p := &process{state: view.State{Replica: "a", Services: []view.Service{{Name: "s", Mode: view.Serving}}}}
	code, body := ask(t, "GET", "http://"+serve(t, p, &config.Config{})+"/api/state", "")
	var s view.State
	if err := json.Unmarshal([]byte(body), &s); err != nil || code != 200 || s.Services[0].Name != "s" {
		t.Errorf("%d %s, error %v", code, body, err)
	}
}

func TestState_OfOneService(t *testing.T) {
	at := "http://" + serve(t, &process{state: scene()}, &config.Config{}) + "/api/state?service="
	code, body := ask(t, "GET", at+"orders.example.com:443", "")
	var s view.State
	if err := json.Unmarshal([]byte(body), &s); err != nil || code != 200 || len(s.Services) != 1 || len(s.Clients) != 4 {
		t.Errorf("%d, error %v, %d services, %d clients", code, err, len(s.Services), len(s.Clients))
	}
	if code, body := ask(t, "GET", at+"gone", ""); code != 404 || !strings.Contains(body, `no service "gone"`) {
		t.Errorf("%d %q", code, body)
	}
}

// The log says who lifted an override and who confirmed.
func TestOverride_WhoLifted(t *testing.T) {
	var log bytes.Buffer
	h := Handler(&process{}, slog.New(slog.NewTextHandler(&log, nil)))
	for method, path := range map[string]string{
		"DELETE": "/api/overrides?service=s&kind=drain&subject=10.0.0.1:1&who=ann@desk",
		"POST":   "/api/confirm?service=s&who=ann@desk",
	} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
	}
	if n := strings.Count(log.String(), "who=ann@desk"); n != 2 {
		t.Errorf("%d lines name ann: %s", n, log.String())
	}
}

func TestOverride_IsPut(t *testing.T) {
	p := &process{state: view.State{Services: []view.Service{{Name: "s"}}}}
	at := "http://" + serve(t, p, &config.Config{}) + "/api/overrides"
	code, body := ask(t, "POST", at, `{"service":"s","kind":"drain","address":"10.0.0.1:1","who":"ann","why":"disk","for":"10m"}`)
	if code != 200 || len(p.put) != 1 {
		t.Fatalf("%d %s", code, body)
	}
	o := p.put[0]
	if o.Who != "ann" || o.Why != "disk" || o.Until.Sub(o.Since) != 10*time.Minute {
		t.Errorf("put %+v", o)
	}
	if code, _ := ask(t, "DELETE", at+"?service=s&kind=drain&subject=10.0.0.1:1", ""); code != 204 || p.lifted != "s/drain/10.0.0.1:1" {
		t.Errorf("%d, lifted %q", code, p.lifted)
	}
	if code, _ := ask(t, "DELETE", at+"?service=x&kind=drain&subject=10.0.0.1:1", ""); code != 404 {
		t.Errorf("lifting what is not there: %d", code)
	}
}

// What is wrong is told and changes nothing.
func TestOverride_IsRefused(t *testing.T) {
	p := &process{}
	at := "http://" + serve(t, p, &config.Config{}) + "/api/overrides"
	for body, want := range map[string]string{
		"":                               "not the JSON of an override",
		"[]":                             "not the JSON of an override",
		`{"kind":"fallback","whom":"x"}`: `unknown field "whom"`,
		`{"kind":"stop"}`:                `"stop" is not a kind of override`,
		`{"kind":"drain","address":"x"}`: `"x" is not IP:port`,
		`{"kind":"drain"}`:               `"" is not IP:port`,
		`{"kind":"weight","address":"1.2.3.4:5","value":0}`:                             "weight 0 is not from 1",
		`{"kind":"drop","token":"a","value":101}`:                                       "101 is not a percentage",
		`{"kind":"drop","value":5}`:                                                     "a drop needs a token",
		`{"kind":"fallback","for":"soon"}`:                                              `for "soon" is not a time`,
		`{"kind":"fallback","for":"-1s"}`:                                               `for "-1s" is not a time`,
		`{"kind":"fallback","until":"2001-01-01T00:00:00Z"}`:                            "until is in the past",
		`{"kind":"fallback","until":"2100-01-01T00:00:00Z","for":"1m"}`:                 "until is given too",
		`{"kind":"fallback","why":"` + strings.Repeat("x", maxOrder) + `"}`:             "not the JSON of an override",
		`{"kind":"fallback"} x`:                                                         "there is text behind it",
		`{"kind":"fallback"}{"kind":"fallback"}`:                                        "there is text behind it",
		`{"kind":"fallback"}` + strings.Repeat(" ", maxOrder):                           "it is longer than 65536 bytes",
		`{"kind":"fallback","for":"1ns"}`:                                               `for "1ns" is not a time from 1s to 87600h, such as 10m; without it the override lasts until it is lifted`,
		`{"kind":"fallback","for":"87601h"}`:                                            `for "87601h" is not a time from 1s to 87600h`,
		`{"kind":"fallback","until":"9999-01-01T00:00:00Z"}`:                            "until is not from 1s to 87600h from now",
		`{"kind":"fallback","address":"1.2.3.4:5"}`:                                     "a fallback has no address",
		`{"kind":"drain","address":"1.2.3.4:5","value":50}`:                             "a drain has no value",
		`{"kind":"drain","address":"1.2.3.4:5","token":"t"}`:                            "a drain has no token",
		`{"kind":"fallback","why":"a\nb"}`:                                              "why has a control character",
		`{"kind":"fallback","why":"` + strings.Repeat("x", 1001) + `"}`:                 "why has 1001 bytes; allowed are 1000",
		`{"kind":"fallback","who":"` + strings.Repeat("x", 256) + `"}`:                  "who has 256 bytes",
		`{"kind":"fallback","force":true,"service":"` + strings.Repeat("x", 256) + `"}`: "service has 256 bytes",
	} {
		if code, got := ask(t, "POST", at, body); code != 400 || !strings.Contains(got, want) {
			t.Errorf("%.60s: %d %q, want %q", body, code, got, want)
		}
	}
	if len(p.put) != 0 {
		t.Errorf("put %v", p.put)
	}
	p.away = errors.New("the store is away")
	if code, got := ask(t, "POST", at, `{"kind":"fallback"}`); code != 503 || !strings.Contains(got, "the store is away") {
		t.Errorf("store away: %d %q", code, got)
	}
	if code, _ := ask(t, "DELETE", at+"?service=s&kind=fallback", ""); code != 503 {
		t.Errorf("lifting with the store away: %d", code)
	}
}

// A name that no service has is refused with those that there are, the nearest first. An alias is
// the name of its service. What is forced is written ahead of its service.
func TestOverride_UnknownService(t *testing.T) {
	p := &process{state: view.State{Services: []view.Service{
		{Name: "apples.example.com:443"}, {Name: "greeter.example.com:443", Aliases: []string{"greeter"}, Backends: []view.Backend{{Address: "10.0.0.1:1"}}},
	}}}
	at := "http://" + serve(t, p, &config.Config{}) + "/api/overrides"
	order := func(service, address, more string) string {
		return fmt.Sprintf(`{"service":%q,"kind":"drain","address":%q%s}`, service, address, more)
	}
	code, body := ask(t, "POST", at, order("greter.example.com:443", "10.0.0.1:1", ""))
	want := `there is no service "greter.example.com:443". Do you mean "greeter.example.com:443"? The services are "greeter.example.com:443", "apples.example.com:443", "greeter". ` +
		`If it comes later, write the override with -force ("force": true in JSON)` + "\n"
	if code != 404 || body != want || len(p.put) != 0 {
		t.Errorf("%d %q, put %v", code, body, p.put)
	}
	for _, c := range []struct{ body, service, nothing string }{
		{order("later", "10.0.0.1:1", `,"force":true`), "later", `there is no service "later"`},
		{order("greeter", "[::ffff:10.0.0.1]:1", ""), "greeter.example.com:443", ""},
		{order("greeter", "10.0.0.9:1", ""), "greeter.example.com:443", `no source names a backend 10.0.0.9:1 of service "greeter.example.com:443"`},
		{order("", "10.0.0.9:1", ""), "", "no source names a backend 10.0.0.9:1"},
	} {
		code, body := ask(t, "POST", at, c.body)
		var got view.Override
		if err := json.Unmarshal([]byte(body), &got); err != nil || code != 200 || got.Service != c.service || got.MatchesNothing != c.nothing {
			t.Errorf("%s: %d %s, error %v", c.body, code, body, err)
		}
		if last := p.put[len(p.put)-1]; last.Service != c.service {
			t.Errorf("%s: put %v", c.body, last)
		}
	}
	p.state = view.State{Stopping: true}
	if code, body := ask(t, "POST", at, order("greeter", "10.0.0.1:1", "")); code != 503 || !strings.Contains(body, "the process is stopping") {
		t.Errorf("%d %q", code, body)
	}
}

// An order whose parameters are misspelt does not count for every service.
func TestOverride_LiftIsRefused(t *testing.T) {
	p := &process{state: view.State{
		Services:  []view.Service{{Name: "greeter"}},
		Overrides: []view.Override{{Override: override.Override{Service: "t", Kind: override.Drain, Address: "1.2.3.4:5"}}, {Override: override.Override{Kind: override.Drop, Token: "shed"}}},
	}}
	at := "http://" + serve(t, p, &config.Config{})
	for path, want := range map[string]string{
		"/api/overrides?servce=s&kind=drain&subject=1.2.3.4:5":            `the parameter "servce" is not known; allowed are: service, kind, subject, who`,
		"/api/overrides?service=a&service=b&kind=drain&subject=1.2.3.4:5": "the parameter service is given 2 times",
		"/api/overrides?kind=drain&subject=%zz":                           "the query of the URL can't be read",
		"/api/overrides?kind=stop":                                        `"stop" is not a kind of override`,
		"/api/overrides":                                                  `"" is not a kind of override`,
		"/api/overrides?kind=drain":                                       `"" is not IP:port`,
		"/api/overrides?kind=drop":                                        "a drop needs a token",
		"/api/overrides?kind=fallback&subject=greeter":                    `a fallback has no subject, and "greeter" is given`,
		"/api/overrides?kind=fallback&who=a%0ab":                          "who has a control character",
		"/api/overrides?kind=drain&subject=1.2.3.4:5":                     `there is no drain of "1.2.3.4:5" that counts for every service; one of service "t" is in force: name that service`,
		"/api/overrides?service=greeter&kind=drop&subject=shed":           `there is no drop of "shed" of service "greeter"; one that counts for every service is in force: lift it without a service`,
		"/api/overrides?service=greter&kind=drain&subject=[::1]:5":        `there is no drain of "[::1]:5" of service "greter"; there is no service "greter". Do you mean "greeter"?`,
	} {
		if code, got := ask(t, "DELETE", at+path, ""); code != 400 && code != 404 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %q, want %q", path, code, got, want)
		}
	}
	for path, want := range map[string]string{
		"/api/confirm":                "the service is missing: name it in the URL, ?service=NAME",
		"/api/confirm?servce=greeter": `the parameter "servce" is not known`,
		"/api/confirm?service=greter": `Do you mean "greeter"?`,
		"/api/overrides?service=s":    `the parameter "service" is not known`,
	} {
		if code, got := ask(t, "POST", at+path, `{"kind":"fallback"}`); code != 400 && code != 404 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %q, want %q", path, code, got, want)
		}
	}
	if len(p.put) != 0 {
		t.Errorf("put %v", p.put)
	}
}

// A drop with which a service would drop more than all its calls is refused.
func TestOverride_Drop_TooMany(t *testing.T) {
	own := override.Override{Service: "b", Kind: override.Drop, Token: "more", Value: 30}
	p := &process{state: view.State{Services: []view.Service{
		{Name: "a", Drops: []view.Drop{{Token: "shed", Percent: 50}}},
		{Name: "b", Drops: []view.Drop{{Token: "more", Percent: 30, Override: true}, {Token: "shed", Percent: 95}}, Overrides: []override.Override{own}},
	}}}
	at := "http://" + serve(t, p, &config.Config{}) + "/api/overrides"
	for body, want := range map[string]string{
		`{"service":"a","kind":"drop","token":"more","value":50}`: "",
		`{"service":"a","kind":"drop","token":"more","value":51}`: `service "a" would drop 101 % of its calls, and can drop 100 %: there is also shed 50 % (configuration)`,
		`{"service":"a","kind":"drop","token":"shed","value":99}`: "",
		`{"kind":"drop","token":"other","value":1}`:               `service "b" would drop 126 %`,
		`{"kind":"drop","token":"more","value":50}`:               "", // b has its own
		`{"kind":"drop","token":"more","value":60}`:               `service "a" would drop 110 %`,
		`{"service":"b","kind":"drop","token":"more","value":20}`: "", // lowers it
		`{"service":"b","kind":"drop","token":"more","value":31}`: `service "b" would drop 126 %`,
	} {
		before := len(p.put)
		code, got := ask(t, "POST", at, body)
		switch {
		case want == "" && (code != 200 || len(p.put) != before+1):
			t.Errorf("%s: %d %q", body, code, got)
		case want != "" && (code != 409 || !strings.Contains(got, want) || len(p.put) != before):
			t.Errorf("%s: %d %q, want %q", body, code, got, want)
		}
	}
}

func TestConfirm(t *testing.T) {
	at := "http://" + serve(t, &process{}, &config.Config{}) + "/api/confirm?service="
	if code, _ := ask(t, "POST", at+"s", ""); code != 204 {
		t.Errorf("status %d", code)
	}
	if code, _ := ask(t, "POST", at+"x", ""); code != 404 {
		t.Errorf("status %d for a service that is not there", code)
	}
}

// Nobody gets in without the token; whether the balancer is ready is no secret.
func TestSecure_Token(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("0123456789abcdef\nmore\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := "http://" + serve(t, &process{}, &config.Config{Access: config.Access{TokenFile: file}})
	for _, c := range []struct {
		path, token string
		want        int
	}{
		{"/api/state", "", 401},
		{"/api/state", "0123456789abcdeX", 401},
		{"/api/state", "0123456789abcdef", 200},
		{"/debug/pprof/", "", 401},
		{"/livez", "", 200},
		{"/readyz", "", 503},
	} {
		if code, _ := ask(t, "GET", at+c.path, "", "Authorization", "Bearer "+c.token); code != c.want {
			t.Errorf("%s with token %q: %d, want %d", c.path, c.token, code, c.want)
		}
	}
	for _, bad := range []string{"short\n", "", "a token with spaces in it\n", "0123456789abcdef\x00\n", "0123456789abcdefé\n"} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Listen(&config.Config{Admin: "127.0.0.1:0", Access: config.Access{TokenFile: file}}, &process{}, silent); err == nil {
			t.Errorf("token %q is accepted", bad)
		}
	}
}

// A browser asks its user for the token when it is told to, and sends it as a password. The name of
// the user does not matter; anything but the token is refused.
func TestSecure_TokenAsPassword(t *testing.T) {
	const token = "0123456789abcdef"
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{state: view.State{Services: []view.Service{{Name: "s"}}}}
	at := "http://" + serve(t, p, &config.Config{Access: config.Access{TokenFile: file}})
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	for header, want := range map[string]int{
		basic("", token):                200,
		basic("ann", token):             200,
		basic(token, ""):                401,
		basic("", ""):                   401,
		basic("", token+"x"):            401,
		basic("", token[:15]):           401,
		basic("a:", token):              401, // the password is what follows the first colon
		"basic " + basic("", token)[6:]: 200,
		"Basic " + token:                401,
		"Basic %%%":                     401,
		"Bearer " + token:               200,
		"Digest " + token:               401,
		"":                              401,
	} {
		if code, _ := ask(t, "GET", at+"/", "", "Authorization", header); code != want {
			t.Errorf("%q: %d, want %d", header, code, want)
		}
	}
	r := httptest.NewRecorder()
	g, err := newGate(&config.Config{Access: config.Access{TokenFile: file}})
	if err != nil {
		t.Fatal(err)
	}
	g.guard(http.NotFoundHandler()).ServeHTTP(r, httptest.NewRequest("GET", "http://127.0.0.1/", nil))
	if got := r.Header().Values("WWW-Authenticate"); len(got) != 2 || !strings.HasPrefix(got[0], `Basic realm="`) || got[1] != "Bearer" {
		t.Errorf("asks by %q", got)
	}
	// What a browser sends by itself lets no other site in.
	for name, headers := range map[string][]string{
		"another origin":   {"Origin", "https://evil.example.com"},
		"another site":     {"Sec-Fetch-Site", "cross-site"},
		"a name made ours": {"Host", "evil.example.com:8081"},
	} {
		headers = append(headers, "Authorization", basic("", token))
		if code, _ := ask(t, "POST", at+"/api/overrides", `{"kind":"fallback"}`, headers...); code != 403 || len(p.put) != 0 {
			t.Errorf("%s: %d, put %v", name, code, p.put)
		}
	}
}

// A page of another site that is open in a browser on this machine changes nothing and
// sees nothing.
func TestSecure_OtherSites(t *testing.T) {
	p := &process{}
	at := "http://" + serve(t, p, &config.Config{})
	for name, headers := range map[string][]string{
		"another origin":   {"Origin", "https://evil.example.com"},
		"another site":     {"Sec-Fetch-Site", "cross-site"},
		"a name made ours": {"Host", "evil.example.com:8081"},
	} {
		if code, _ := ask(t, "POST", at+"/api/overrides", `{"kind":"fallback"}`, headers...); code != 403 {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code, _ := ask(t, "GET", at+"/api/state", "", "Host", "evil.example.com"); code != 403 {
		t.Errorf("a name made ours reads: %d", code)
	}
	if len(p.put) != 0 {
		t.Errorf("put %v", p.put)
	}
}

// Channelz is there for gRPC's tools.
func TestChannelz(t *testing.T) {
	cc, err := grpc.NewClient(serve(t, &process{}, &config.Config{}), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	if _, err := channelzpb.NewChannelzClient(cc).GetServers(t.Context(), &channelzpb.GetServersRequest{}); err != nil {
		t.Error(err)
	}
}

func TestPprof(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(&process{}, silent).ServeHTTP(w, httptest.NewRequest("GET", "/debug/pprof/goroutine?debug=1", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "goroutine profile") {
		t.Errorf("%d %.80s", w.Code, w.Body)
	}
}

// A request whose body does not come is ended, so slow clients can't fill the process.
func TestSecure_SlowBody(t *testing.T) {
	g, err := newGate(&config.Config{})
	if err != nil {
		t.Fatal(err)
	}
	g.bodies = 50 * time.Millisecond
	s := httptest.NewServer(g.guard(Handler(&process{}, silent)))
	defer s.Close()
	for _, path := range []string{"/api/overrides", "/api/confirm?service=s", "/nothing"} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", path)
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("%s: the connection is still open: %v", path, err)
		}
	}
}

// A lines is a log whose lines a test reads.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// Strangers can't fill the log. One that only looks whether the port is open is not in it.
func TestSecure_StrangersFillNoLog(t *testing.T) {
	files := certtest.New(t).Write(t.TempDir(), "admin")
	all := make(lines, 1000)
	cfg := &config.Config{Access: config.Access{TLS: &config.TLS{Cert: files.Cert, Key: files.Key}}}
	at := serveLogged(t, &process{}, cfg, slog.New(slog.NewTextHandler(all, nil)))
	for i := range 100 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if i >= 50 {
			fmt.Fprint(c, "nonsense")
		}
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.ReadAll(c)
		_ = c.Close()
	}
	if line := <-all; !strings.Contains(line, "a connection to the admin port has failed") || !strings.Contains(line, "first record does not look like a TLS handshake") {
		t.Errorf("the log says %s", line)
	}
	if n := len(all); n > 2 { // one in ten seconds
		t.Errorf("and then %d lines more, such as %s", n, <-all)
	}
}
