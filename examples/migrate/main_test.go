package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What is printed before and after the change.
const (
	before = `the policy is of package google.golang.org/grpc/balancer/grpclb
by the balancer's list, calls go to  old-1 15  old-2 15
while the next list's backend starts, calls wait for it
by the balancer's list, calls go to  new 30

migrate: ok (google.golang.org/grpc/balancer/grpclb)
`
	after = `the policy is of package github.com/actorlb/grpclb
by the balancer's list, calls go to  old-1 15  old-2 15
while the next list's backend starts, calls go on by the last list
by the balancer's list, calls go to  new 30

migrate: ok (github.com/actorlb/grpclb)
`
)

func TestMigrate_After(t *testing.T) {
	t.Parallel()
	var printed bytes.Buffer
	if err := run(io.MultiWriter(&printed, t.Output())); err != nil {
		t.Fatal(err)
	}
	if printed.String() != after {
		t.Errorf("want\n%s", after)
	}
}

// The program as it was is another one, because a process has one registry.
func TestMigrate_Before(t *testing.T) {
	t.Parallel()
	printed, err := exec.CommandContext(t.Context(), "go", "run", "-tags", "grpcgo", ".").CombinedOutput()
	if err != nil || string(printed) != before {
		t.Errorf("got %v and\n%s\nwant\n%s", err, printed, before)
	}
}

// The two are one program but for an import, and for what is expected of it.
func TestMigrate_OneImport(t *testing.T) {
	old, young := lines(t, "before.go"), lines(t, "after.go")
	if len(old) != len(young) {
		t.Fatalf("before.go has %d lines, after.go %d", len(old), len(young))
	}
	var changes []string
	for i := range old {
		if old[i] != young[i] {
			changes = append(changes, strings.Fields(old[i])[0])
		}
	}
	if got, want := strings.Join(changes, " "), "//go:build _ wantPolicy wantMeanwhile"; got != want {
		t.Errorf("the lines that differ begin with %s, want %s", got, want)
	}
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}
