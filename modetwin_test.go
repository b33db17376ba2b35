package grpclb

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A twin is a second machine, deliberately dumb: it knows lists and addresses
// as words, and each rule is a line of it.
type twin struct {
	// What it was told last.
	resolved             bool
	balancers, addresses string
	onEmpty              EmptyServerList
	timeout              time.Duration
	contact, asked       bool
	rounds               uint64
	lists                uint64 // that have come
	ready                bool   // a backend is READY
	hope                 bool   // a backend is READY or on its way
	hopeOf               string // the plan that this is said of

	// What it has decided.
	mode    string
	plan    string // "none", "wait", "fail", the list, or the fallback addresses
	plans   int    // how many there have been
	started time.Time
	list    string // that was not empty and came last
	empty   bool   // one came after it
	number  uint64 // of the stream that it came from
	because string // it is in fallback

	dry     time.Time // when the list's backends were seen to be gone
	dryAt   uint64    // lists that had come by then
	settled bool      // the balancer was asked about that, or has spoken
	asks    int       // how often it was asked
}

func newTwin() *twin { return &twin{mode: "waiting", plan: "none"} }

func (w *twin) use(mode, plan string) {
	w.mode, w.plan = mode, plan
	w.plans++
}

// name tells a plan from others. Of those that name nobody there is one each.
func (w *twin) name() string {
	if w.plan == "wait" || w.mode != "fallback" && w.plan == "fail" && w.resolved {
		return w.plan
	}
	return fmt.Sprint(w.plans)
}

// rest has calls wait or fail because nothing is known of any backend, which is
// no news twice.
func (w *twin) rest(plan string) {
	if w.plan != plan || w.mode == "fallback" {
		w.plans++
	}
	w.plan = plan
}

// serve goes by the lists there have been. A list that is served is served again
// if it is new.
func (w *twin) serve(isNew bool) {
	w.mode = "balanced"
	switch {
	case w.list != "" && (!w.empty || w.onEmpty == "keep"):
		if isNew || w.plan != w.list {
			w.use("balanced", w.list)
		}
	case w.onEmpty == "fail":
		w.rest("fail")
	default:
		w.rest("wait")
	}
}

// fallBack goes over to the fallback addresses, and has another reason if it has
// done so already.
func (w *twin) fallBack(because string) {
	if w.mode != "fallback" || w.because != because {
		w.list, w.because = "", because
		w.use("fallback", w.addresses)
	}
}

func (w *twin) resolve(u *resolved, now time.Time) {
	w.resolved, w.balancers, w.addresses = true, "", ""
	for _, b := range u.balancers {
		w.balancers += b.Addr
	}
	for _, e := range u.backends {
		w.addresses += e.Addresses[0].Addr
	}
	w.onEmpty, w.timeout = u.config.EmptyServerList, u.config.InitialFallbackTimeout
	if w.started.IsZero() && w.balancers != "" {
		w.started = now
	}
	switch {
	case w.mode == "waiting":
		w.rest("wait")
	case w.mode == "balanced" && w.balancers == "" && w.addresses != "":
		w.fallBack("removed")
	case w.mode == "balanced":
		w.serve(false)
	default:
		gone := w.because == "removed" || w.because == "none"
		if !gone && w.balancers == "" {
			w.because = "removed"
		}
		if gone && w.balancers != "" {
			w.because = "not yet"
		}
		w.use("fallback", w.addresses)
	}
}

func (w *twin) failed() {
	if w.mode == "waiting" && w.balancers == "" {
		w.use("waiting", "fail")
	}
}

// heard is told of the stream: whether there is a new list that is not empty, and
// whether one came last that is.
func (w *twin) heard(s *stage, full, empty bool) {
	w.contact, w.rounds, w.lists = s.stream.Contact, s.stream.Rounds, s.stream.Lists
	again := w.asked
	w.asked = s.stream.Asked
	if w.balancers == "" {
		return
	}
	if w.asked && !(again && w.mode == "fallback") {
		w.fallBack("asked")
	}
	if full && !w.asked {
		list := usable(s.full)
		same := w.mode == "balanced" && list == w.list && s.stream.FullStream == w.number
		w.list, w.number, w.empty = list, s.stream.FullStream, false
		w.serve(!same)
	}
	if !empty {
		return
	}
	w.empty = true
	if w.mode == "fallback" {
		w.fallBack("empty")
	} else {
		w.serve(false)
	}
}

// usable is the list without its bad entries; of one that has those and no
// backend, nothing.
func usable(words []string) string {
	var good []string
	backends := 0
	for _, word := range words {
		if word == "bad" {
			continue
		}
		if !strings.HasPrefix(word, "drop") {
			backends++
		}
		good = append(good, word)
	}
	if slices.Contains(words, "bad") && backends == 0 {
		return ""
	}
	return strings.Join(good, " ")
}

func (w *twin) settle(now time.Time) {
	late := !w.started.IsZero() && now.Sub(w.started) >= w.timeout
	if w.mode == "waiting" && w.resolved && w.balancers == "" {
		w.fallBack("none")
	}
	if w.mode == "waiting" && w.resolved && (w.rounds > 0 || late) {
		w.fallBack("no list")
	}
	if w.mode == "balanced" && !w.contact && w.hopeOf == w.name() && !w.hope && w.addresses != "" {
		w.fallBack("lost")
	}
	w.ask(now)
}

// ask: a second after the list's backends are gone the balancer is asked, once, unless
// another list came.
func (w *twin) ask(now time.Time) {
	known := w.hopeOf == w.name()
	switch {
	case w.mode != "balanced" || !named(w.plan) || known && w.ready:
		w.dry, w.settled = time.Time{}, false
	case w.dry.IsZero() && known && !w.hope:
		w.dry, w.dryAt = now, w.lists
	case w.dry.IsZero():
	case w.lists != w.dryAt:
		w.settled = true
	case w.contact && !w.settled && now.Sub(w.dry) >= time.Second:
		w.settled = true
		w.asks++
	}
}

// named reports whether a plan is a list that names a backend.
func named(plan string) bool {
	return slices.ContainsFunc(strings.Fields(plan), func(word string) bool {
		return word != "wait" && word != "fail" && !strings.HasPrefix(word, "drop")
	})
}

// What the resolver and the balancer can say here. Lists are in normal form:
// each backend has a token.
var (
	resolutions = []string{
		"lb:x", "lb:x at:p", "lb:x at:p at:q", "lb:y at:q", "at:p", "at:q at:p",
		"lb:x empty:fail", "lb:x at:p empty:fail", "lb:x empty:keep", "lb:x at:p empty:keep", "lb:x at:p timeout:1s", "lb:x timeout:0s", "",
	}
	lists = []string{"a:t", "a:t", "a:t b:t", "a:u", "", "", "bad", "bad drop:d", "drop:d", "drop:d a:t", "bad a:t"}
)

func (d decision) words() string {
	alarm := "never"
	if !d.alarm.IsZero() {
		alarm = d.alarm.Sub(time.Unix(0, 0)).String()
	}
	return strings.Join([]string{d.mode.word(), plainly(d.plan), alarm}, " / ")
}

func (w *twin) words() string {
	alarm := "never"
	if w.mode == "waiting" && !w.started.IsZero() {
		alarm = w.started.Add(w.timeout).Sub(time.Unix(0, 0)).String()
	}
	if !w.dry.IsZero() && !w.settled && w.contact {
		alarm = w.dry.Add(time.Second).Sub(time.Unix(0, 0)).String()
	}
	return strings.Join([]string{w.mode, w.plan, alarm}, " / ")
}
