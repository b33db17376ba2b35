package grpclb

import (
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
	empty                EmptyServerList
	timeout              time.Duration
	contact, ready       bool
	rounds               uint64

	// What it has decided.
	mode    string
	plan    string // "wait", "fail", the list, or the fallback addresses
	plans   int    // how many there have been
	started time.Time
	list    string // in use
	call    uint64 // that it came from
}

func newTwin() *twin { return &twin{mode: "waiting", plan: "wait"} }

func (w *twin) use(mode, plan string) {
	w.mode, w.plan = mode, plan
	w.plans++
}

// rest has calls wait or fail because the list is empty, which is no news twice.
func (w *twin) rest() {
	plan := "wait"
	if w.empty == "fail" {
		plan = "fail"
	}
	if w.plan != plan || w.mode != "balanced" && plan == "fail" {
		w.plans++
	}
	w.mode, w.plan, w.list = "balanced", plan, ""
}

func (w *twin) fallBack() {
	w.list = ""
	w.use("fallback", w.addresses)
}

func (w *twin) resolve(u resolved, now time.Time) {
	old := w.addresses
	w.resolved, w.balancers, w.addresses = true, "", ""
	for _, b := range u.balancers {
		w.balancers += b.Addr
	}
	for _, e := range u.backends {
		w.addresses += e.Addresses[0].Addr
	}
	w.empty, w.timeout = u.config.EmptyServerList, u.config.InitialFallbackTimeout
	if w.started.IsZero() && w.balancers != "" {
		w.started = now
	}
	if w.mode == "waiting" && w.plan == "fail" {
		w.use("waiting", "wait")
	}
	if w.mode == "balanced" && w.balancers == "" && w.addresses != "" {
		w.fallBack()
	}
	if w.mode == "balanced" && w.list == "" {
		w.rest()
	}
	if w.mode == "fallback" && w.addresses != old {
		w.use("fallback", w.addresses)
	}
}

func (w *twin) failed() {
	if w.mode == "waiting" {
		w.use("waiting", "fail")
	}
}

// heard is told of the stream; words is a list if it is new, else nil.
func (w *twin) heard(s *stage, words []string) {
	w.contact, w.rounds = s.stream.Contact, s.stream.Rounds
	if w.balancers == "" {
		return
	}
	if s.stream.Asked {
		if w.mode != "fallback" {
			w.fallBack()
		}
		return
	}
	if words == nil {
		return
	}
	list := usable(words)
	switch {
	case list != "" && w.mode == "balanced" && list == w.list && s.stream.Call == w.call:
	case list != "":
		w.list, w.call = list, s.stream.Call
		w.use("balanced", list)
	case w.mode == "fallback":
	case w.empty == "keep" && w.list != "":
	default:
		w.rest()
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
	if w.mode == "waiting" && w.resolved && (w.balancers == "" || w.rounds > 0 || late) {
		w.fallBack()
	}
	if w.mode == "balanced" && !w.contact && !w.ready && w.addresses != "" {
		w.fallBack()
	}
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
	return strings.Join([]string{w.mode, w.plan, alarm}, " / ")
}
