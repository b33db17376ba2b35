package pending

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Each line of a transcript has a time, an event and, after "=>", its results. Calls have
// letters as names.
func TestQueue_Transcripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { replay(t, file) })
	}
}

// replay gives a core the events of a transcript.
func replay(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ended := make(map[string]bool)
	q := newQueue(func(id string) bool { return ended[id] }, false, time.Unix(0, 0))
	for n, lines := 1, bufio.NewScanner(f); lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		event, want, _ := strings.Cut(line, "=>")
		got := play(t, q, ended, strings.Fields(event))
		if got != strings.TrimSpace(want) {
			t.Errorf("%s:%d: got %q, want %q", name, n, got, strings.TrimSpace(want))
		}
	}
}

// play gives the core one event, and returns the results in words.
func play(t *testing.T, q *queue[string], ended map[string]bool, event []string) string {
	t.Helper()
	at, err := time.ParseDuration(event[0])
	if err != nil {
		t.Fatal(err)
	}
	now, before := time.Unix(0, 0).Add(at), waitingIn(q)
	left := func() string {
		return strings.Join(slices.DeleteFunc(before, func(id string) bool { return slices.Contains(waitingIn(q), id) }), " ")
	}
	switch event[1] {
	case "park":
		limit := 0
		if len(event) > 4 {
			limit = number(t, event[5])
		}
		parked := q.counts.Parked
		refused := q.park(call[string]{event[2], uint64(number(t, event[3])), at}, limit, now) > 0
		switch {
		case refused:
			return "refused"
		case q.counts.Parked > parked:
			ended[event[2]] = false
			return "waits"
		case slices.Contains(before, event[2]):
			return "known"
		}
		return "over"
	case "end":
		ended[event[2]] = true
		return ""
	case "look":
		q.look(now)
		return left()
	case "release":
		q.release(uint64(number(t, event[2])), now)
		return left()
	case "stats":
		s := q.stats(now)
		return fmt.Sprintf("depth %d, oldest %v, parked %d, released %d, cancelled %d, refused %d",
			s.Depth, s.Oldest, s.Parked, s.Released, s.Cancelled, s.Refused)
	}
	t.Fatalf("no event %q", event[1])
	return ""
}

// waitingIn returns the calls that wait, in order.
func waitingIn[C comparable](q *queue[C]) (ids []C) {
	for _, c := range q.calls {
		if c.epoch != 0 {
			ids = append(ids, c.id)
		}
	}
	return ids
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
