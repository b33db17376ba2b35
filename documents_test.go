package grpclb_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/actorlb/grpclb"
)

// Each line of Go in the README that is no comment is one of a program that is run: the examples
// of this package or of one with web pages, or examples/own.
func TestReadme_CodeIsRun(t *testing.T) {
	run := map[string]bool{"": true}
	for _, path := range []string{"example_test.go", "lbdebug/example_test.go", "lbserver/debugpage/example_test.go", "examples/own/main.go"} {
		for line := range strings.Lines(readAll(t, path)) {
			run[strings.TrimSpace(line)] = true
		}
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readAll(t, "README.md"), -1)
	if len(blocks) == 0 {
		t.Fatal("the README has no Go in it")
	}
	for _, b := range blocks {
		for line := range strings.Lines(b[1]) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "import ")
			if !run[line] && !strings.HasPrefix(line, "//") {
				t.Errorf("in the README and in no program: %s", line)
			}
		}
	}
}

// Each snippet of the recipes, of Go or JSON, is in a test of internal/recipes or
// internal/otel, line by line.
func TestRecipes_AreRun(t *testing.T) {
	files, err := filepath.Glob("internal/recipes/*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no tests of recipes: %v", err)
	}
	var run string
	for _, file := range append(files, "internal/otel/balancer_test.go") {
		run += unindented(readAll(t, file))
	}
	blocks := regexp.MustCompile("(?s)```(?:go|json)\n(.*?)```").FindAllStringSubmatch(readAll(t, "docs/recipes.md"), -1)
	if len(blocks) == 0 {
		t.Fatal("there are no snippets")
	}
	for _, b := range blocks {
		if !strings.Contains(run, unindented(b[1])) {
			t.Errorf("in docs/recipes.md and in no test:\n%s", b[1])
		}
	}
}

// unindented is the text without the space around its lines.
func unindented(text string) string {
	var lines strings.Builder
	for line := range strings.Lines(text) {
		lines.WriteString(strings.TrimSpace(line) + "\n")
	}
	return lines.String()
}

// The README's table of the configuration has the defaults that there are.
func TestReadme_Defaults(t *testing.T) {
	table := readAll(t, "README.md")
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(grpclb.DefaultConfig().String()), &fields); err != nil {
		t.Fatal(err)
	}
	for name, value := range fields {
		if !regexp.MustCompile("(?m)^\\| `" + name + "` \\| `" + regexp.QuoteMeta(string(value)) + "`").MatchString(table) {
			t.Errorf("the README has no row for %s with the default %s", name, value)
		}
	}
}

// logged are the places in the code where a line of the log is put into words, and
// the words.
var logged = regexp.MustCompile(`(?:logger\.\w+|diary\.(?:Warningf|Infof)|\.(?:warnf|informf|complain)|^listLine = |\.fallBack\((?:errors\.New|fmt\.Errorf))\([^"\n]*"([^"\n]+)"`)

// Each line that is logged is in docs/operating.md, with what it means.
func TestOperating_NamesEachLine(t *testing.T) {
	document, lines := readAll(t, "docs/operating.md"), 0
	for _, dir := range []string{".", "lbstream", "rrgroup", "hosted", "pending", "tokens", "lbresolver", "lbserver", "dropin"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no code: %v", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, line := range logged.FindAllStringSubmatch(readAll(t, file), -1) {
				lines++
				for _, words := range regexp.MustCompile(`%\w`).Split(line[1], -1) {
					if words = strings.Trim(words, " :,"); !strings.Contains(document, words) {
						t.Errorf("%s logs %q: docs/operating.md has no %q", file, line[1], words)
					}
				}
			}
		}
	}
	if lines < 20 {
		t.Errorf("found %d lines, of over twenty", lines)
	}
}

func readAll(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
