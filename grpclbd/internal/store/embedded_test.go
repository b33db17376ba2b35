package store

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// The etcd of this process is ready in far less than the second and a half that the whole
// program has, and says so.
func TestStore_Embedded_IsReadyAtOnce(t *testing.T) {
	begun := time.Now()
	_, o := open(t, config.Store{}, "a")
	o.untilReached(true)
	t.Logf("reached after %v", time.Since(begun))
	if len(o.overrides) != 0 {
		t.Errorf("overrides at the start: %v", o.overrides)
	}
}

func TestStore_Embedded_TemporaryFolderIsRemoved(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	s, o := open(t, config.Store{}, "a")
	o.untilReached(true)
	s.Close()
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestOverride_SurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	all := []override.Override{
		drain("10.0.0.1:50051"),
		{Service: "", Kind: override.Weight, Address: "[2001:db8::1]:443", Value: 7, Who: "bob", Since: time.Now().Round(0)},
		{Service: "a/b%2F/ü/..:443", Kind: override.Drop, Token: "50%/x", Value: 5, Who: "ann", Since: time.Now().Round(0)},
		{Service: "a", Kind: override.Fallback, Who: "ann", Since: time.Now().Round(0), Until: time.Now().Add(time.Hour).Round(0)},
	}
	for round := range 2 {
		s, o := open(t, config.Store{Dir: dir}, "a")
		for _, v := range all {
			if round == 0 {
				write(t, s, v)
			}
		}
		o.until("all overrides", func() bool { return len(o.overrides) == len(all) })
		for _, want := range all {
			found := false
			for _, got := range o.overrides {
				found = found || same(got, want)
			}
			if !found {
				t.Errorf("round %d: %+v is missing in %+v", round, want, o.overrides)
			}
		}
		s.Close()
	}
}

// A second process on the same data gets an error at once, also if the first one is an etcd
// that is not ours.
func TestStore_Embedded_FolderOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	s, o := open(t, config.Store{Dir: dir}, "a")
	o.untilReached(true)
	refused := func() {
		t.Helper()
		begun := time.Now()
		_, err := Open(t.Context(), config.Store{Dir: dir}, "b", o, slog.New(slog.DiscardHandler))
		if !errors.Is(err, errOwned) || !strings.Contains(err.Error(), dir) {
			t.Errorf("second store: %v", err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("the error took %v", took)
		}
	}
	refused()
	if err := os.Remove(filepath.Join(dir, lockFile)); err != nil {
		t.Fatal(err)
	}
	refused() // by the lock of etcd's own file
	s.Close()
}

func TestStore_Embedded_BrokenData(t *testing.T) {
	for name, file := range map[string]string{"db": "member/snap/db", "wal": "member/wal/0000000000000000-0000000000000000.wal"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, o := open(t, config.Store{Dir: dir}, "a")
			o.untilReached(true)
			s.Close()
			file = filepath.Join(dir, file)
			if err := os.WriteFile(file, []byte(strings.Repeat("nonsense", 10_000)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), config.Store{Dir: dir}, "a", o, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), dir) {
				t.Errorf("broken data: %v", err)
			}
			t.Log(err)
		})
	}
}

func TestStore_Embedded_FolderThatIsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), config.Store{Dir: file}, "a", &owner{}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file as folder: %v", err)
	}
}
