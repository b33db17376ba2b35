package lbdebug

import (
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"
)

// A query is that of a page. It has what there is to choose on a page, so that the choice
// outlives a refresh.
type query struct{ url.Values }

func (q query) json() bool { return q.Get("format") == "json" }

// With returns a link to the same page with another value; "" takes the value out.
func (q query) With(name, value string) string {
	other := maps.Clone(q.Values)
	if other.Set(name, value); value == "" {
		other.Del(name)
	}
	return "?" + other.Encode()
}

// State returns a link to the backends in this state, or to all for "".
func (q query) State(state string) string {
	first := query{maps.Clone(q.Values)}
	first.Del("backends")
	return first.With("state", state) + "#backends"
}

// Channel returns a link to a channel's page, or for 0 to the overview.
func (q query) Channel(number uint64) string {
	other := query{url.Values{}}
	if refresh := q.Get("refresh"); refresh != "" {
		other.Set("refresh", refresh)
	}
	if number == 0 {
		return other.With("channel", "")
	}
	return other.With("channel", fmt.Sprint(number))
}

// The times between two refreshes.
const (
	defaultRefresh = 5 * time.Second
	longestRefresh = time.Hour
)

// refresh returns after how many seconds the page loads itself again; 0: never.
func (q query) refresh() int {
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

// pageSize is how many lines a table has on one page.
const pageSize = 100

// A Part says which lines of a long table are on a page: at most 100.
type Part struct {
	From, To, Of int    // lines From+1 to To are shown
	Prev, Next   string // links; empty: there is none
}

// part returns the part that the query chooses by the page number that it has under this name.
func (q query) part(name string, n int) Part {
	last := max(0, (n-1)/pageSize)
	page, err := strconv.Atoi(q.Get(name))
	if err != nil {
		page = 1
	}
	page = min(max(page-1, 0), last)
	p := Part{From: page * pageSize, To: min((page+1)*pageSize, n), Of: n}
	if page > 0 {
		p.Prev = q.With(name, strconv.Itoa(page))
	}
	if page < last {
		p.Next = q.With(name, strconv.Itoa(page+2))
	}
	return p
}
