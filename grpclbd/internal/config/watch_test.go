package config

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An owner keeps what it hears.
type owner struct{ heard chan string }

func (o owner) ConfigSaid(c *Config, _ time.Time)    { o.heard <- c.Services[0].Name }
func (o owner) ConfigRefused(why error, _ time.Time) { o.heard <- why.Error() }

// Each text is told once. After a fault the text before it is told again, so that the fault
// is known to be over.
func TestWatched(t *testing.T) {
	o := owner{make(chan string, 1)}
	w := &watched{path: "f.yaml", owner: o}
	service := func(name string) string { return "services: [{name: " + name + ", sources: [{file: f}]}]" }
	for i, step := range []struct {
		text string
		err  error
		want string
	}{
		{text: service("a"), want: "a"},
		{text: service("a")},
		{text: service("b"), want: "b"},
		{text: "services: 3", want: "f.yaml: line 1: a number `3` where a list is expected"},
		{text: service("b"), want: "b"},
		{err: errors.New("away"), want: "away"},
		{text: service("b"), want: "b"},
	} {
		w.TextSaid([]byte(step.text), step.err, time.Now())
		got := ""
		select {
		case got = <-o.heard:
		default:
		}
		if got != step.want {
			t.Errorf("step %d: it tells %q, want %q", i, got, step.want)
		}
	}
}

// The file is read when it changes.
func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("services: [{name: a, sources: [{file: f}]}]")
	o := owner{make(chan string, 10)}
	f := Watch(path, o, slog.New(slog.DiscardHandler))
	defer f.Stop()
	if got := <-o.heard; got != "a" {
		t.Errorf("first it tells %q", got)
	}
	write("services: [{name: a")
	if got := <-o.heard; !strings.Contains(got, "line 1") {
		t.Errorf("of a fault it tells %q", got)
	}
	write("services: [{name: b, sources: [{file: f}]}]")
	if got := <-o.heard; got != "b" {
		t.Errorf("of a change it tells %q", got)
	}
}
