package ctl

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// clientOf returns a client of an address.
func clientOf(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// answers is a server that gives one answer to everything.
func answers(t *testing.T, code int, kind, text string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func tokenFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// nobody returns an address where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Each way in which a balancer can't be asked says what to do, in one line.
func TestCtl_CannotBeAsked(t *testing.T) {
	const plain = "text/plain; charset=utf-8"
	token := tokenFile(t, "0123456789abcdef\n")
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	trusted := &tls.Config{RootCAs: x509.NewCertPool()}
	trusted.RootCAs.AddCert(secure.Certificate())
	calls := grpc.NewServer()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = calls.Serve(l) }()
	defer calls.Stop()
	for name, c := range map[string]struct {
		o    Options
		want string // ADMIN is the address
	}{
		"nobody listens":        {Options{Admin: nobody(t)}, "the balancer at ADMIN can't be asked: dial tcp ADMIN: connect: connection refused. Is the balancer running? -admin names another address"},
		"401":                   {Options{Admin: answers(t, 401, plain, "no")}, "the balancer at ADMIN wants a token: -token-file names the file that has it"},
		"401 in spite of token": {Options{Admin: answers(t, 401, plain, "no"), TokenFile: token}, "the balancer at ADMIN refuses the token in " + token + ": it has to be that of access.tokenFile"},
		"403":                   {Options{Admin: answers(t, 403, plain, "use its address\n")}, "the balancer at ADMIN refuses the request: use its address"},
		"503":                   {Options{Admin: answers(t, 503, plain, "the store is away\n")}, "the store is away"},
		"an escape sequence":    {Options{Admin: answers(t, 400, plain, evil)}, "?[31m?2J??????x"},
		"another server":        {Options{Admin: answers(t, 404, "text/html", "<h1>nginx</h1>")}, "ADMIN is no admin port of grpclbd: it answers 404 Not Found. -admin names another address"},
		"another Go server":     {Options{Admin: answers(t, 404, plain, "404 page not found\n")}, "ADMIN is no admin port of grpclbd: it answers 404 Not Found. -admin names another address"},
		"a redirection":         {Options{Admin: answers(t, 302, plain, "")}, "ADMIN is no admin port of grpclbd: it answers 302 Found. -admin names another address"},
		"200 that is no JSON":   {Options{Admin: answers(t, 200, "text/html", "<h1>nginx</h1>\x1b[31m")}, "ADMIN is no admin port of grpclbd: its answer is not the JSON of a balancer. -admin names another address"},
		"200 with other JSON":   {Options{Admin: answers(t, 200, "application/json", `{"services":"none"}`)}, "ADMIN is no admin port of grpclbd: its answer is not the JSON of a balancer. -admin names another address"},
		"the port of clients":   {Options{Admin: l.Addr().String()}, "the balancer at ADMIN can't be asked: …. Perhaps it is no admin port of grpclbd but the one for clients, or it has TLS (-tls)"},
		"TLS on one side":       {Options{Admin: secure.Listener.Addr().String()}, "the balancer at ADMIN has TLS: give -tls or -ca"},
		"TLS on the other":      {Options{Admin: answers(t, 200, plain, ""), TLS: trusted}, "the balancer at ADMIN can't be asked: http: server gave HTTP response to HTTPS client. The port has no TLS: leave out -tls, -ca, -cert and -key"},
		"an unknown authority":  {Options{Admin: secure.Listener.Addr().String(), TLS: &tls.Config{RootCAs: x509.NewCertPool()}}, "the balancer at ADMIN can't be asked: tls: failed to verify certificate: x509: certificate signed by unknown authority. -ca names the authority that has signed the balancer's certificate"},
	} {
		_, err := clientOf(t, c.o).State(t.Context())
		begin, end, _ := strings.Cut(strings.ReplaceAll(c.want, "ADMIN", c.o.Admin), "…") // there Go's words depend on the moment
		if err == nil || !strings.HasPrefix(err.Error(), begin) || !strings.HasSuffix(err.Error(), end) || end == "" && err.Error() != begin {
			t.Errorf("%s:\n%v\nwant\n%s", name, err, c.want)
		}
	}
}

// Options that can't be right are refused before anything is asked, and no secret is repeated.
func TestCtl_Options(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"no port":             {Options{Admin: "127.0.0.1"}, "-admin is not HOST:PORT, such as 127.0.0.1:8081"},
		"a URL":               {Options{Admin: "http://u:hunter2@127.0.0.1:8081"}, "-admin is not HOST:PORT, such as 127.0.0.1:8081"},
		"a password":          {Options{Admin: "u:hunter2@127.0.0.1:8081"}, "-admin is not HOST:PORT, such as 127.0.0.1:8081"},
		"a path":              {Options{Admin: "127.0.0.1:8081/"}, "-admin is not HOST:PORT, such as 127.0.0.1:8081"},
		"a missing file":      {Options{Admin: "a:1", TokenFile: "/nowhere/token"}, "-token-file: open /nowhere/token: no such file or directory"},
		"an empty first line": {Options{Admin: "a:1", TokenFile: tokenFile(t, "\nhunter2\n")}, "the first line of "},
	} {
		if _, err := NewClient(c.o); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := clientOf(t, Options{Admin: nobody(t), TokenFile: tokenFile(t, "hunter2\x00\n")}).State(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a token that can't be sent: %v", err)
	}
}

// A script serves one state after another, and the last one again and again.
func script(t *testing.T, states ...view.State) *Client {
	t.Helper()
	next := make(chan view.State, len(states))
	for _, s := range states {
		next <- s
	}
	last := states[len(states)-1]
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer 0123456789abcdef" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		select {
		case s := <-next:
			_ = json.NewEncoder(w).Encode(s)
		default:
			_ = json.NewEncoder(w).Encode(last)
		}
	}))
	t.Cleanup(s.Close)
	return clientOf(t, Options{Admin: s.Listener.Addr().String(), TokenFile: tokenFile(t, "0123456789abcdef\nmore")})
}

// drain1 is a drain that a state is made for.
var drain1 = override.Override{Service: "s", Kind: override.Drain, Address: "10.0.0.1:1"}

// drainedBy is a state in which the drain is in force, and clients of this replica still have the
// backend; negative: that is not known.
func drainedBy(clients int) view.State {
	v := view.Service{Name: "s", Mode: view.Serving, Backends: []view.Backend{{Address: drain1.Address}}}
	if clients >= 0 {
		v.Total.Drained = map[string]int{drain1.Address: clients}
	}
	return view.State{Services: []view.Service{v, {Name: "other"}}}.WithOverrides([]override.Override{drain1})
}

// How the wait for a drain goes: what is printed, and how it ends.
func TestDrained_Wait(t *testing.T) {
	gone := drainedBy(1)
	gone.Services[0].Backends = nil
	gone = gone.WithOverrides([]override.Override{drain1})
	for name, c := range map[string]struct {
		states []view.State
		want   string
		err    string
	}{
		"drained at once": {[]view.State{drainedBy(0)}, "10.0.0.1:1: 0 clients still have it\n", ""},
		"one after another": {
			[]view.State{drainedBy(-1), drainedBy(2), drainedBy(2), drainedBy(1), drainedBy(0)},
			"10.0.0.1:1: not known yet: new lists of s are under way\n10.0.0.1:1: 2 clients still have it\n10.0.0.1:1: 1 client still has it\n10.0.0.1:1: 0 clients still have it\n", "",
		},
		"it is lifted":             {[]view.State{drainedBy(2), {Services: drainedBy(2).Services}}, "10.0.0.1:1: 2 clients still have it\n", "the drain is over before the backend was drained: it was lifted, or its time has ended"},
		"it is not in force yet":   {[]view.State{{Services: drainedBy(-1).Services}, drainedBy(0)}, "10.0.0.1:1: not known yet: new lists of s are under way\n10.0.0.1:1: 0 clients still have it\n", ""},
		"the backend is not known": {[]view.State{gone}, "", "there is nothing to wait for: no source names a backend 10.0.0.1:1 of service \"s\". The drain stays in force; ctl undrain ends it"},
		"nothing is known of it yet": {
			[]view.State{{Services: []view.Service{{Name: "other"}}}, view.State{Services: []view.Service{{Name: "other"}}}.WithOverrides([]override.Override{drain1})},
			"10.0.0.1:1: not known yet: the balancer has not heard of the drain\n", "there is nothing to wait for: there is no service \"s\". The drain stays in force; ctl undrain ends it",
		},
		"a source has not spoken": {
			[]view.State{{Services: []view.Service{{Name: "s", Mode: view.Waiting, Waiting: []string{"dns b:1"}}}}, drainedBy(0)},
			"10.0.0.1:1: not known yet: s waits for dns b:1\n10.0.0.1:1: 0 clients still have it\n", "",
		},
		"the balancer starts anew":    {[]view.State{{}, drainedBy(0)}, "10.0.0.1:1: not known yet: the balancer knows no service now\n10.0.0.1:1: 0 clients still have it\n", ""},
		"its time is over":            {[]view.State{drainedBy(3)}, "10.0.0.1:1: 3 clients still have it\n", "not drained after 1s: 10.0.0.1:1: 3 clients still have it. The drain stays in force; see grpclbd ctl overrides"},
		"another override is no sign": {[]view.State{drainedBy(0).WithOverrides([]override.Override{{Kind: override.Fallback}})}, "10.0.0.1:1: 0 clients still have it\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			most := time.Minute
			if strings.Contains(c.err, "not drained after") {
				most = time.Second
			}
			err := script(t, c.states...).WaitDrained(t.Context(), &out, drain1, most)
			if out.String() != c.want || err == nil != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("printed %q, error %v", out.String(), err)
			}
		})
	}
}

// A balancer that goes away meanwhile ends the wait, and the drain is still said to be in force.
func TestDrained_WaitWithoutBalancer(t *testing.T) {
	c := clientOf(t, Options{Admin: nobody(t)})
	if err := c.WaitDrained(t.Context(), io.Discard, drain1, 0); err == nil || !strings.HasPrefix(err.Error(), "the drain is in force, but how far it has come is not known: the balancer at ") {
		t.Error(err)
	}
}

// Watch prints what is new, oldest first, and says when the balancer can't be asked and when it can
// again.
func TestCtl_Watch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := make(chan int, 1)
	asked <- 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := <-asked
		asked <- n + 1
		if n == 1 {
			http.Error(w, "the process is stopping", http.StatusServiceUnavailable)
			return
		}
		v := view.Service{Name: "s"}
		for i := range n + 1 {
			v.Changes = append([]view.Change{{At: at.Add(time.Duration(i) * time.Second), From: i, To: i + 1, Why: fmt.Sprint("change ", i)}}, v.Changes...)
		}
		_ = json.NewEncoder(w).Encode(view.State{Services: []view.Service{v}})
		if n == 3 {
			cancel()
		}
	}))
	defer s.Close()
	var out strings.Builder
	if err := clientOf(t, Options{Admin: s.Listener.Addr().String()}).Watch(ctx, &out); err != nil {
		t.Error(err)
	}
	want := "the process is stopping\nthe balancer answers again\n2026-03-01T03:00:01Z s: from 1 to 2 backends: change 1\n2026-03-01T03:00:02Z s: from 2 to 3 backends: change 2\n"
	if !strings.HasPrefix(out.String(), want) {
		t.Errorf("%s", out.String())
	}
}

// What a server answers to an order is printed without control characters, and reaches no other site.
func TestCtl_HostileServer(t *testing.T) {
	text, err := json.Marshal(hostile().Overrides[0])
	if err != nil {
		t.Fatal(err)
	}
	c := clientOf(t, Options{Admin: answers(t, 200, "application/json", string(text))})
	if in, err := c.Put(t.Context(), Order{}); err != nil || in.Who != evil {
		t.Errorf("%+v, error %v", in, err)
	}
	c = clientOf(t, Options{Admin: answers(t, 409, "text/plain", strings.Repeat(evil, 10_000))})
	if err := c.Lift(t.Context(), "s", override.Drain, "a"); err == nil || len(err.Error()) > 2*maxError {
		t.Errorf("%v", err)
	} else {
		harmless(t, "an error", err.Error())
	}
}
