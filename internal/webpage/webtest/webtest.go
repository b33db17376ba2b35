// Package webtest reads debug pages as a browser does, for tests.
package webtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Ask asks a handler for a page.
func Ask(t testing.TB, h http.Handler, method, query string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/debug/"+query, nil))
	return w
}

// A Page is what a browser makes of an answer.
type Page struct {
	Code int
	Root *html.Node

	t testing.TB
}

// Look gets a page and checks what holds for all pages: they need nothing from elsewhere, and
// have no script.
func Look(t testing.TB, h http.Handler, query string) Page {
	t.Helper()
	w := Ask(t, h, http.MethodGet, query)
	root, err := html.Parse(w.Body)
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
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
	return Page{Code: w.Code, Root: root, t: t}
}

// Text returns what can be read in a node, with one space between words.
func Text(n *html.Node) string {
	var words []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" {
			words = append(words, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(words, " ")
}

// Shows fails the test unless the page has all of these texts.
func (p Page) Shows(texts ...string) {
	p.t.Helper()
	all := Text(p.Root)
	for _, want := range texts {
		if !strings.Contains(all, want) {
			p.t.Errorf("no %q on the page: %s", want, all)
		}
	}
}

// Hides fails the test if the page has one of these texts.
func (p Page) Hides(texts ...string) {
	p.t.Helper()
	for _, not := range texts {
		if strings.Contains(Text(p.Root), not) {
			p.t.Errorf("%q is on the page", not)
		}
	}
}

// Link returns where the link with this text leads, or "".
func (p Page) Link(words string) string {
	for n := range p.Root.Descendants() {
		if n.Data == "a" && Text(n) == words {
			return Attr(n, "href")
		}
	}
	return ""
}

// Attr returns the value of an attribute, or "".
func Attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// Codes are the texts of all <code> elements that begin with prefix.
func (p Page) Codes(prefix string) (all []string) {
	for n := range p.Root.Descendants() {
		if n.Data == "code" && strings.HasPrefix(Text(n), prefix) {
			all = append(all, Text(n))
		}
	}
	return all
}

// Refreshes returns after how many seconds the page loads itself again; "" is never.
func (p Page) Refreshes() string {
	for n := range p.Root.Descendants() {
		if n.Data == "meta" && Attr(n, "http-equiv") == "refresh" {
			return Attr(n, "content")
		}
	}
	return ""
}
