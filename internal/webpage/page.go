package webpage

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
)

// A Page is what all pages have. The templates "head" and "nav" show it.
type Page struct {
	Query   Query
	Refresh int    // seconds until the page loads itself again; 0: never
	Home    string // what the first page has, in the link to it
}

// PageOf returns the page for a query.
func PageOf(q Query, home string) Page { return Page{Query: q, Refresh: q.refresh(), Home: home} }

// security keeps the browser from loading or sending anything, whatever is on a page, and from
// showing what was true some time ago.
var security = map[string]string{
	"Content-Security-Policy": "default-src 'none'; style-src '" + styleHash + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":  "nosniff",
	"Referrer-Policy":         "no-referrer",
	"Cache-Control":           "no-store",
}

// Begin sets the headers that every answer has. It returns what is asked for. If the method is
// not GET or HEAD, it answers the request itself, and ok is false.
func Begin(w http.ResponseWriter, r *http.Request) (q Query, ok bool) {
	for name, value := range security {
		w.Header().Set(name, value)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "these pages can only be read: GET or HEAD", http.StatusMethodNotAllowed)
		return Query{}, false
	}
	return Query{r.URL.Query()}, true
}

// Send sends a page when the whole of it is made.
func Send[V any](w http.ResponseWriter, code int, t *template.Template, name string, v V) {
	var page bytes.Buffer
	if err := t.ExecuteTemplate(&page, name, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = page.WriteTo(w) // an error means that the browser is gone
}

// JSONType is the content type of JSON.
const JSONType = "application/json"

// SendJSON sends a value as JSON.
func SendJSON[V any](w http.ResponseWriter, code int, v V) {
	w.Header().Set("Content-Type", JSONType)
	w.WriteHeader(code)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // an error means that the client is gone
}
