// Package transcript plays the transcripts of tests: text files with an event at the beginning
// of a line, and below it, indented, its results.
package transcript

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// Play plays each file that matches pattern, as a subtest. transcribe gets a file and returns it
// with the results of this time. A difference fails the test; with the flag -update the file is
// rewritten instead.
func Play(t *testing.T, pattern string, transcribe func(t *testing.T, script string) string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { play(t, file, transcribe) })
	}
}

func play(t *testing.T, file string, transcribe func(*testing.T, string) string) {
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := transcribe(t, string(want))
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("transcript (-want +got):\n%s", diff)
	}
}
