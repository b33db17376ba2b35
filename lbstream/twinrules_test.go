package lbstream

import "maps"

// The twin has no state: it says what must hold now by looking back through
// the whole history, one question at a time.

// last returns the newest event that is one of these, or the zero event.
func last(events []event, is ...func(events []event, i int) bool) event {
	for i := len(events) - 1; i >= 0; i-- {
		for _, f := range is {
			if f(events, i) {
				return events[i]
			}
		}
	}
	return event{}
}

func kind(k string) func([]event, int) bool {
	return func(events []event, i int) bool { return events[i].kind == k }
}

// removal is a serve that leaves no balancers.
func removal(events []event, i int) bool {
	return events[i].kind == "serve" && len(events[i].target.Balancers) == 0
}

// change is a serve that other balancers or another name came with.
func change(events []event, i int) bool {
	if events[i].kind != "serve" || removal(events, i) {
		return false
	}
	before, now := twinTarget(events[:i]), events[i].target
	return before.Name != now.Name || !maps.Equal(set(before), set(now))
}

// full is a list that is not empty.
func full(events []event, i int) bool { return events[i].kind == "list" && !events[i].list.Empty() }

func set(t Target) map[string]bool {
	s := make(map[string]bool)
	for _, a := range t.Balancers {
		s[a.Addr] = true
	}
	return s
}

func count(events []event, k string) (n uint64) {
	for i := range events {
		if events[i].kind == k {
			n++
		}
	}
	return n
}

func twinTarget(events []event) Target { return last(events, kind("serve")).target }

func twinStatus(events []event) Status {
	list, whole := last(events, kind("list")), last(events, full)
	fulls := uint64(0)
	for i := range events {
		if full(events, i) {
			fulls++
		}
	}
	return Status{
		Stream:  list.stream,
		List:    list.list,
		Lists:   count(events, "list"),
		Contact: last(events, kind("list"), roundOver, removal, lapse).kind == "list",
		Asked:   last(events, full, kind("fallback"), removal).kind == "fallback",
		Ends:    count(events, "ended"),
		Rounds:  twinRounds(events),
		Err:     last(events, kind("list"), kind("ended"), lapse).err,

		FullStream: whole.stream,
		Full:       whole.list,
		Fulls:      fulls,
	}
}

// twinWaiting: the last round is over, and neither was the wait for the next one
// over since, nor did a target come that cut it short.
func twinWaiting(events []event) bool {
	answer := func(events []event, i int) bool {
		return events[i].kind == "dial-now" && events[i].stream == last(events[:i], kind("ended")).stream
	}
	return last(events, roundOver, answer, removal, change).kind == "ended"
}

// twinFit: the channel outlived the last stream that ended. One that never got
// its stream open does not, whatever it says of itself, nor one that had not all
// balancers.
func twinFit(events []event) bool {
	for i := len(events) - 1; i >= 0; i-- {
		if e := events[i]; e.kind == "ended" {
			return e.fit && !e.fresh && len(twinTried(events[:i])) == 0
		}
	}
	return false
}
