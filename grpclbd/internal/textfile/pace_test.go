package textfile

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A file is read when writing has paused, or goes on for too long, and every few seconds.
// That it is read, in all the ways in which files change, is tested where files are used.
func TestPace(t *testing.T) {
	start := time.Unix(0, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	p := &pace{}
	for _, step := range []struct{ at, due int }{{0, 50}, {20, 70}, {450, 500}, {480, 500}} {
		p.changed(at(step.at))
		if !p.due.Equal(at(step.due)) {
			t.Errorf("after a change at %d ms it is read at %v, want %d ms", step.at, p.due.Sub(start), step.due)
		}
	}
	p.read(at(500))
	if !p.due.Equal(at(3500)) {
		t.Errorf("it is read again at %v", p.due.Sub(start))
	}
	p.changed(at(3000))
	if !p.due.Equal(at(3050)) {
		t.Errorf("after the next change it is read at %v", p.due.Sub(start))
	}
}
