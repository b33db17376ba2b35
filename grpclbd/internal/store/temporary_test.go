package store

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A store whose overrides are lost at a restart says so at the start, and no other does.
func TestStore_Temporary_IsLogged(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for dir, want := range map[string]int{"": 1, t.TempDir(): 0} {
		var log bytes.Buffer
		s, err := Open(t.Context(), config.Store{Dir: dir}, "a", &owner{t: t, inbox: actor.NewInbox[heard]()}, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if n := strings.Count(log.String(), "overrides are lost at a restart; give store.dir"); n != want {
			t.Errorf("store.dir %q: %d lines, want %d:\n%s", dir, n, want, log.String())
		}
	}
}
