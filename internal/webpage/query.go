package webpage

import (
	"maps"
	"net/url"
	"strconv"
	"time"
)

// A Query is that of a page. It has what there is to choose on a page, so that the choice
// outlives a refresh.
type Query struct{ url.Values }

// JSON reports whether JSON is asked for.
func (q Query) JSON() bool { return q.Get("format") == "json" }

// With returns a link to the same page with another value; "" takes the value out.
func (q Query) With(name, value string) string {
	other := maps.Clone(q.Values)
	if other.Set(name, value); value == "" {
		other.Del(name)
	}
	return "?" + other.Encode()
}

// Filter returns a link to the lines of the table with this id whose field of that name has the
// value, or to all lines for "". It leads to the first part of the table.
func (q Query) Filter(table, name, value string) string {
	first := Query{maps.Clone(q.Values)}
	first.Del(table)
	return first.With(name, value) + "#" + table
}

// Only returns a link to the page that this one value chooses, or for "" to the first page.
func (q Query) Only(name, value string) string {
	other := Query{url.Values{}}
	if refresh := q.Get("refresh"); refresh != "" {
		other.Set("refresh", refresh)
	}
	return other.With(name, value)
}

// The times between two refreshes.
const (
	defaultRefresh = 5 * time.Second
	longestRefresh = time.Hour
)

// refresh returns after how many seconds the page loads itself again; 0: never.
func (q Query) refresh() int {
	switch text := q.Get("refresh"); text {
	case "":
		return int(defaultRefresh.Seconds())
	case "off":
		return 0
	default:
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 {
			return int(defaultRefresh.Seconds())
		}
		return min(seconds, int(longestRefresh.Seconds()))
	}
}

// PageSize is how many lines a table has on one page.
const PageSize = 100

// A Part says which lines of a long table are on a page: at most 100.
type Part struct {
	From, To, Of int    // lines From+1 to To are shown
	Prev, Next   string // links; empty: there is none
}

// Part returns the part that the query chooses by the page number that it has under this name.
func (q Query) Part(name string, n int) Part {
	last := max(0, (n-1)/PageSize)
	page, err := strconv.Atoi(q.Get(name))
	if err != nil {
		page = 1
	}
	page = min(max(page-1, 0), last)
	p := Part{From: page * PageSize, To: min((page+1)*PageSize, n), Of: n}
	if page > 0 {
		p.Prev = q.With(name, strconv.Itoa(page))
	}
	if page < last {
		p.Next = q.With(name, strconv.Itoa(page+2))
	}
	return p
}
