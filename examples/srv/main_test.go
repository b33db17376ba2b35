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

func TestSrv_EndsInOK(t *testing.T) {
	var printed bytes.Buffer
	if err := run(io.MultiWriter(&printed, t.Output())); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(printed.String()), "\n")
	for i, s := range steps() {
		if !strings.HasPrefix(lines[i], s.what+" ") {
			t.Errorf("line %d is %q, want step %q", i+1, lines[i], s.what)
		}
	}
	if last := lines[len(lines)-1]; !regexp.MustCompile(`^srv: ok \(\d{2,} calls, none failed\)$`).MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
}
