package fleet

import (
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

// A stream is one of a client.
type stream struct {
	class    *class
	zone     string
	zoneFrom string // what the zone was found by
	asked    time.Time
	began    bool

	started int64 // calls, in all its reports
}

// Streams are those that were classified and have not ended, by the client's ID.
type streams map[uint64]*stream

// ended forgets a stream.
func (s streams) ended(id uint64) *stream {
	one := s[id]
	delete(s, id)
	return one
}

// heard counts the calls of a report.
func (s streams) heard(r lbserver.Report) {
	if one := s[r.Client.ID]; one != nil {
		one.started += max(r.Stats.GetNumCallsStarted(), 0)
	}
}

// sweep forgets streams that were classified and never began.
func (s streams) sweep(now time.Time) {
	for id, one := range s {
		if !one.began && now.Sub(one.asked) > lingering {
			delete(s, id)
		}
	}
}
