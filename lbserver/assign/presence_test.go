package assign

import (
	"slices"
	"testing"
	"time"
)

// A client is forgotten when it has had no stream for long enough, and not because one
// of its streams has ended: the next one may have begun before.
func TestAssign_Presence(t *testing.T) {
	var p Presence
	p.End("nobody", now)
	p.Begin("a")
	p.Begin("b")
	p.Begin("a") // the next stream
	p.End("a", now)
	p.End("b", now)
	at := func(d time.Duration) time.Time { return now.Add(d) }
	for _, c := range []struct {
		then time.Time
		gone []string
	}{{at(-1), nil}, {at(0), []string{"b"}}, {at(time.Hour), nil}} {
		if got := p.Forget(c.then); !slices.Equal(got, c.gone) {
			t.Errorf("without a stream since %v: %v, want %v", c.then, got, c.gone)
		}
	}
	if got := p.Clients(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("clients %v", got)
	}
	p.End("a", at(time.Minute))
	p.End("a", at(time.Hour)) // it has none that could end
	p.Begin("c")
	p.End("c", at(0))
	if got := p.Forget(at(time.Minute)); !slices.Equal(got, []string{"a", "c"}) || len(p.Clients()) != 0 {
		t.Errorf("forgotten: %v, left: %v", got, p.Clients())
	}
	// One that was forgotten may come again.
	p.Begin("a")
	if got := p.Forget(at(time.Hour)); got != nil {
		t.Errorf("forgotten: %v", got)
	}
}
