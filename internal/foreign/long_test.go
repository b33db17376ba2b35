//go:build foreign

package foreign

import (
	"fmt"
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

// entries is how long a long list is.
const entries = 2_000

// How long it takes until a long list is in use.
func long(s *site) {
	b := s.backends(3)
	s.list(at(b[0], "x"), at(b[1], "y"))
	c := s.dial()
	s.reach(c, b[:2]...)
	var all []lbserver.Server
	for i := range entries {
		all = append(all, at(b[i%3], fmt.Sprint("long-", i)))
	}
	began := time.Now()
	s.list(all...)
	s.reach(c, b[2])
	s.Logf("%d entries were in use after %v", entries, time.Since(began).Round(time.Millisecond))
}
