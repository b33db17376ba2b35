// Package deploy checks the files of this folder with the types and tools that read them.
package deploy

import (
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// margin is what a manager has to leave beyond stop.notice and stop.over: connections end then,
// and the store is closed.
const margin = 10 * time.Second

// read reads a file of this folder.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// parse reads a configuration as grpclbd does.
func parse(t *testing.T, name, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// enough checks that whoever sends SIGTERM waits for long enough before SIGKILL.
func enough(t *testing.T, waits time.Duration, cfg *config.Config) {
	t.Helper()
	if needs := cfg.Stop.Notice + cfg.Stop.Over + margin; waits < needs {
		t.Errorf("it is killed after %v, and needs %v", waits, needs)
	}
}

// block returns the first block of README.md behind a line that has the words, without its fences.
func block(t *testing.T, words string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, "README.md"), words)
	_, rest, opened := strings.Cut(rest, "\n```yaml\n")
	text, _, closed := strings.Cut(rest, "\n```\n")
	if !found || !opened || !closed {
		t.Fatalf("README.md has no block of YAML behind %q", words)
	}
	return text
}

// README.md names each file that is there to be used.
func TestReadme_NamesFiles(t *testing.T) {
	readme := read(t, "README.md")
	for _, name := range []string{"Dockerfile", "grpclbd.service", "grpclbd.yaml", "kubernetes.yaml", "alerts.yaml", "grafana.json"} {
		if !strings.Contains(readme, "`"+name+"`") {
			t.Errorf("README.md does not name %s", name)
		}
	}
}
