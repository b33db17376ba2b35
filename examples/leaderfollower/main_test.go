package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLeaderfollower_EndsInOK(t *testing.T) {
	var printed bytes.Buffer
	if err := run(io.MultiWriter(&printed, t.Output())); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(printed.String()), "\n")
	for i, s := range steps {
		if !strings.HasPrefix(lines[i], s.what+" ") {
			t.Errorf("line %d is %q, want step %q", i+1, lines[i], s.what)
		}
	}
	last := lines[len(lines)-1]
	if !regexp.MustCompile(`^leaderfollower: ok \(240 calls counted, each where it belongs\)$`).MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
}

// What is counted is judged: exact shares, and nothing elsewhere.
func TestStep_Judge(t *testing.T) {
	s := step{leader: "a", followers: []string{"b", "c"}}
	for name, c := range map[string]struct {
		writers, readers map[string]int
		good             bool
	}{
		"as told":           {map[string]int{"a": 30}, map[string]int{"b": 15, "c": 15}, true},
		"a write elsewhere": {map[string]int{"a": 29, "b": 1}, map[string]int{"b": 15, "c": 15}, false},
		"a write that fails": {
			map[string]int{"a": 29, nobody: 1}, map[string]int{"b": 15, "c": 15}, false,
		},
		"a read by the leader": {map[string]int{"a": 30}, map[string]int{"a": 1, "b": 15, "c": 14}, false},
		"reads not in turn":    {map[string]int{"a": 30}, map[string]int{"b": 16, "c": 14}, false},
	} {
		if _, err := s.judge(c.writers, c.readers); (err == nil) != c.good {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
