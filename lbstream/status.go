package lbstream

import "github.com/actorlb/grpclb/tokens"

// A Status is the state of the balancer call. It is immutable, its list
// included, and the newest replaces all earlier ones.
type Status struct {
	Stream  uint64       // number of the call that delivered List; the first call ever made is 1
	List    *tokens.List // the latest list of any call; nil before the first
	Lists   uint64       // how many lists arrived in all: tells a re-sent list from an old one
	Contact bool         // the present call has delivered a list; a replaced call's contact holds until a successor delivers, takes too long to, or all balancers have been tried
	Asked   bool         // the balancer asked for fallback after the last list that was not empty
	Ends    uint64       // how many calls ended; one given up by this side does not count
	Rounds  uint64       // how often nobody was left to ask for now, or a call that had delivered ended: the backoff follows
	Err     error        // why the last call ended; nil while none has, and again after a list

	// The same of the lists that were not empty: whoever looks when an empty one has
	// come misses none of them.
	FullStream uint64
	Full       *tokens.List
	Fulls      uint64
}

// differs reports whether the change from old to s is worth telling. The lists and
// calls change only with Lists, Err only with Lists or Ends.
func (s Status) differs(old Status) bool {
	return s.Lists != old.Lists || s.Ends != old.Ends || s.Contact != old.Contact || s.Asked != old.Asked
}
