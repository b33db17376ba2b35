package pending

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Each line of a transcript is a time, an event and, after "=>", what comes
// of it. Calls are named by letters.
func TestQueue_Transcripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { replay(t, file) })
	}
}

// replay plays a transcript to a core.
func replay(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	entries := make(map[string]*entry[string])
	q := newQueue[string](time.Unix(0, 0))
	for n, lines := 1, bufio.NewScanner(f); lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		event, want, ok := strings.Cut(line, "=>")
		if !ok {
			t.Fatalf("%s:%d: no outcome in %q", name, n, line)
		}
		if got := play(t, q, entries, strings.Fields(event)); got != strings.TrimSpace(want) {
			t.Errorf("%s:%d: %q came of it, want %q", name, n, got, strings.TrimSpace(want))
		}
	}
}

// play plays one event and puts into words what came of it. The latest entry
// of each call is kept aside, as a context would keep it.
func play(t *testing.T, q *queue[string], entries map[string]*entry[string], event []string) string {
	t.Helper()
	at, err := time.ParseDuration(event[0])
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, 0).Add(at)
	switch event[1] {
	case "park":
		limit := 0
		if len(event) > 4 {
			limit = number(t, event[5])
		}
		added, refused := q.park(event[2], uint64(number(t, event[3])), limit, now)
		switch {
		case refused:
			return "refused"
		case added != nil:
			entries[event[2]] = added
			return "waits"
		case q.entries[event[2]] != nil:
			return "known"
		}
		return "over"
	case "release":
		return strings.Join(releasedBy(q, uint64(number(t, event[2]))), " ")
	case "cancel":
		if q.cancel(entries[event[2]]) {
			return "left"
		}
		return "unknown"
	case "stats":
		s := q.stats(now)
		return fmt.Sprintf("depth %d, oldest %v, parked %d, released %d, cancelled %d, refused %d",
			s.Depth, s.Oldest, s.Parked, s.Released, s.Cancelled, s.Refused)
	}
	t.Fatalf("no event %q", event[1])
	return ""
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
