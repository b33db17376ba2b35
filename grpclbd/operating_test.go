package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// logged finds the sentences of log lines in Go source.
var logged = regexp.MustCompile(`(?:[lL]og\.(?:Info|Warn|Error)\(|inform\{|warn\{|seldom\.Start\(|[bc]\.(?:info|warn)\((?:fmt\.Sprintf\(|plural\(.*\)\+)?|say\{[a-zA-Z.]+, )"([^"]+)"`)

// Each line of the log is in OPERATING.md.
func TestOperating_Log(t *testing.T) {
	text, err := os.ReadFile("OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if d.IsDir() && (path == "examples" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range logged.FindAllStringSubmatch(string(source), -1) {
			found++
			line, _, _ := strings.Cut(m[1], "%")
			if line = strings.Trim(line, ": "); !strings.Contains(string(text), line) {
				t.Errorf("%s logs %q, which is not in OPERATING.md", path, line)
			}
		}
		return err
	})
	if err != nil || found < 35 {
		t.Errorf("error %v, %d lines found", err, found)
	}
}
