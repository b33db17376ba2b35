package main

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The script as it is played by main, but with fewer calls, made more often.
func TestQuickstart_EndsInOK(t *testing.T) {
	var printed bytes.Buffer
	if err := run(io.MultiWriter(&printed, t.Output()), load{callers: 16, every: 5 * time.Millisecond, limit: 5 * time.Second, calls: 400}, nil); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(printed.String()), "\n")
	for i, p := range script() {
		if !strings.HasPrefix(lines[i+1], p.goal.phase+" ") {
			t.Errorf("line %d is %q, want phase %q", i+1, lines[i+1], p.goal.phase)
		}
	}
	const failures = `^expected failures: (\d+) calls dropped \((\d+) in the table, (\d+) outside it\), \d+ calls`
	said := regexp.MustCompile(failures).FindStringSubmatch(lines[len(lines)-2])
	if said == nil {
		t.Fatalf("the line before the last is %q", lines[len(lines)-2])
	}
	var drops [3]int
	for i := range drops {
		drops[i], _ = strconv.Atoi(said[i+1])
	}
	if drops[0] != drops[1]+drops[2] || drops[1] == 0 || drops[2] < 0 || !strings.Contains(printed.String(), " "+said[2]+" ") {
		t.Errorf("the drops are %d, of them %d in the table and %d not", drops[0], drops[1], drops[2])
	}
	last := lines[len(lines)-1]
	if !regexp.MustCompile(`^quickstart: ok \(\d{4,} calls, 0 unexpected failures\)$`).MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
}
