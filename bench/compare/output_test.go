package main

import (
	"errors"
	"testing"
)

var errExit = errors.New("exit status 2")

func TestReadVerdict(t *testing.T) {
	const said = "=== RUN\nVERDICT\tholds\ta call waits\n"
	for name, c := range map[string]struct {
		out    string
		ended  error
		killed bool
		want   verdict
	}{
		"holds":          {said + "PASS\n", nil, false, verdict{true, "a call waits"}},
		"breaks":         {"VERDICT\tbreaks\tit spins\n--- FAIL\n", errExit, false, verdict{false, "it spins"}},
		"panic":          {"panic: index out of range\n\ngoroutine 1", errExit, false, verdict{false, "crashed: panic: index out of range"}},
		"fatal error":    {"fatal error: all goroutines are asleep\n", errExit, false, verdict{false, "crashed: fatal error: all goroutines are asleep"}},
		"panic at last":  {said + "panic: late\n", errExit, false, verdict{false, "a call waits; then crashed: panic: late"}},
		"timeout":        {"panic: test timed out after 30s\n", errExit, false, verdict{false, "hung: no end after 30s"}},
		"killed":         {said, errExit, true, verdict{false, "hung: no end after 30s"}},
		"gave up":        {"--- FAIL: TestScenes\n    --- FAIL: x\n        call.go:7: waited 10s for a call\n", errExit, false, verdict{false, "no verdict: waited 10s for a call"}},
		"silent":         {"", errExit, false, verdict{false, "no verdict: exit status 2"}},
		"silent success": {"PASS\n", nil, false, verdict{false, "no verdict: it says nothing"}},
		"held and failed": {said + "    leaks.go:78: found unexpected goroutines\n", errExit, false,
			verdict{false, "a call waits; then: found unexpected goroutines"}},
	} {
		if got := readVerdict(c.out, c.ended, c.killed); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestReadScenes(t *testing.T) {
	got := readScenes([]byte("SCENE\t01_a.b\ta.b\tit rains\nSCENE\tcut short\nnoise\n"))
	want := scene{name: "01_a.b", rule: "a.b", should: "it rains"}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
