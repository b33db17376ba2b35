package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var testOfRule = regexp.MustCompile("`(Test[A-Za-z0-9_]+)` \\(([a-z.]+)\\)")

// Each test that docs/behaviour.md names is there.
func TestBehaviour_NamesTests(t *testing.T) {
	text, err := os.ReadFile("docs/behaviour.md")
	if err != nil {
		t.Fatal(err)
	}
	named := testOfRule.FindAllStringSubmatch(string(text), -1)
	if rows := strings.Count(string(text), "\n| `"); len(named) < rows || rows == 0 {
		t.Errorf("%d tests for %d rules", len(named), rows)
	}
	for _, m := range named {
		dir := filepath.Join("internal", m[2])
		if m[2] == "." || m[2] == "register" {
			dir = m[2]
		}
		if !declares(t, dir, m[1]) {
			t.Errorf("%s is not a test of %s", m[1], dir)
		}
	}
}

func declares(t *testing.T, dir, test string) bool {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+test+"(") {
			return true
		}
	}
	return false
}
