package lbdebug_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/html"
	"google.golang.org/grpc"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/internal/registry"
	"github.com/actorlb/grpclb/lbdebug"
)

// get asks the handler for a page.
func get(t testing.TB, query string, options ...lbdebug.Option) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, http.MethodGet, query, options...)
}

func ask(t testing.TB, method, query string, options ...lbdebug.Option) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	lbdebug.Handler(options...).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/debug/"+query, nil))
	return w
}

// A page is what a browser makes of an answer.
type page struct {
	t    testing.TB
	code int
	root *html.Node
}

// look gets a page and checks what holds for all pages: they need nothing from elsewhere, and
// have no script.
func look(t testing.TB, query string, options ...lbdebug.Option) page {
	t.Helper()
	w := get(t, query, options...)
	root, err := html.Parse(w.Body)
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	p := page{t: t, code: w.Code, root: root}
	for n := range root.Descendants() {
		switch n.Data {
		case "script", "img", "link", "iframe", "form", "object":
			if n.Type == html.ElementNode {
				t.Errorf("%q has the element %s", query, n.Data)
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" && strings.Contains(a.Val, ":") {
				t.Errorf("%q has %s=%q", query, a.Key, a.Val)
			}
		}
	}
	return p
}

// text returns what can be read in a node, with one space between words.
func text(n *html.Node) string {
	var words []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" {
			words = append(words, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(words, " ")
}

// shows fails the test unless the page has all of these texts.
func (p page) shows(texts ...string) {
	p.t.Helper()
	all := text(p.root)
	for _, want := range texts {
		if !strings.Contains(all, want) {
			p.t.Errorf("no %q on the page: %s", want, all)
		}
	}
}

// hides fails the test if the page has one of these texts.
func (p page) hides(texts ...string) {
	p.t.Helper()
	for _, not := range texts {
		if strings.Contains(text(p.root), not) {
			p.t.Errorf("%q is on the page", not)
		}
	}
}

// link returns where the link with this text leads, or "".
func (p page) link(words string) string {
	for n := range p.root.Descendants() {
		if n.Data == "a" && text(n) == words {
			return attr(n, "href")
		}
	}
	return ""
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// codes are the texts of all <code> elements that begin with prefix.
func (p page) codes(prefix string) (all []string) {
	for n := range p.root.Descendants() {
		if n.Data == "code" && strings.HasPrefix(text(n), prefix) {
			all = append(all, text(n))
		}
	}
	return all
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
	link := look(t, "").link(all[0].Member.Target())
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

func inBubble(t *testing.T, play func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		s := &scene{T: t, network: n, lb: lbtest.NewBalancer(t, n)}
		s.ch = lbtest.NewChannel(t, n, "{}", grpc.WithIdleTimeout(0))
		play(s)
	})
}
