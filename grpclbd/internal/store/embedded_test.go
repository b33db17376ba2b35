package store

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/client/pkg/v3/fileutil"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
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

// Another process can use the etcd of this one, if it listens.
func TestStore_Embedded_Listens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", etcdtest.Host()+":0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if _, err := Open(t.Context(), config.Store{Listen: address}, "a", new(owner), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("on a port that is taken: %v", err)
	}
	l.Close()
	first, o := open(t, config.Store{Listen: address}, "a")
	o.untilReached(true)
	second, other := open(t, config.Store{Etcd: []string{"http://" + address}}, "b")
	other.untilReached(true)
	write(t, second, drain("10.0.0.1:50051"))
	o.untilHas("10.0.0.1:50051")
	begun := time.Now()
	first.Close()
	if took := time.Since(begun); took > 4*time.Second { // etcd alone waits more than 5 s for a watch
		t.Errorf("closed after %v", took)
	}
	other.untilReached(false)
}

// What a process that was killed has left in the folder for temporary files is removed by the next
// one. Folders that are in use, or could be somebody's, stay.
func TestStore_Embedded_LeftOverFolderIsRemoved(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	folder := func(name string, files ...string) string {
		dir := filepath.Join(tmp, name)
		for _, f := range append(files, "member/snap/db") {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	folder("grpclbd-1", temporaryFile, lockFile)
	used := folder("grpclbd-2", temporaryFile, lockFile)
	lock, err := fileutil.TryLockFile(filepath.Join(used, lockFile), os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	folder("grpclbd-data", lockFile)   // somebody's store.dir
	folder("grpclbd-3", temporaryFile) // not locked yet
	folder("other", temporaryFile, lockFile)
	if err := os.Symlink(folder("elsewhere", temporaryFile, lockFile), filepath.Join(tmp, "grpclbd-4")); err != nil {
		t.Fatal(err)
	}
	s, o := open(t, config.Store{}, "a")
	o.untilReached(true)
	s.Close()
	left, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range left {
		names = append(names, l.Name())
	}
	if got := strings.Join(names, " "); got != "elsewhere grpclbd-2 grpclbd-3 grpclbd-4 grpclbd-data other" {
		t.Errorf("left over: %s", got)
	}
}

// A folder that was temporary and is now store.dir is not removed by anybody.
func TestStore_Embedded_LeftOverFolderIsKept(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	dir := filepath.Join(tmp, "grpclbd-1")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, temporaryFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, o := open(t, config.Store{Dir: dir}, "a")
	o.untilReached(true)
	s.Close()
	if removeLeftOver(dir) {
		t.Error("it was removed")
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
	t.Parallel()
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
	t.Parallel()
	dir := t.TempDir()
	s, o := open(t, config.Store{Dir: dir}, "a")
	o.untilReached(true)
	refused := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		_, err := Open(ctx, config.Store{Dir: dir}, "b", o, slog.New(slog.DiscardHandler))
		if !errors.Is(err, errOwned) || !strings.Contains(err.Error(), dir) {
			t.Errorf("second store: %v", err)
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
	t.Parallel()
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

// An etcd that has stopped to take writes, because its data have reached the quota, takes them
// again after a restart.
func TestStore_Embedded_QuotaWasReached(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := open(t, config.Store{Dir: dir}, "a")
	write(t, s, drain("10.0.0.1:1"))
	alarm := &etcdserverpb.AlarmRequest{Action: etcdserverpb.AlarmRequest_ACTIVATE, Alarm: etcdserverpb.AlarmType_NOSPACE}
	alarm.MemberID = uint64(s.embedded.etcd.Server.MemberID())
	if _, err := s.embedded.etcd.Server.Alarm(t.Context(), alarm); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), drain("10.0.0.2:1")); err == nil {
		t.Error("written over the quota")
	}
	s.Close()
	s, seen := open(t, config.Store{Dir: dir}, "a")
	write(t, s, drain("10.0.0.2:1"))
	seen.untilHas("10.0.0.1:1", "10.0.0.2:1")
}

// It takes them again without a restart, too: a write that is refused for that reason has room made.
func TestStore_Embedded_QuotaIsReached(t *testing.T) {
	s, seen := open(t, config.Store{}, "a")
	seen.untilReached(true)
	alarm := &etcdserverpb.AlarmRequest{Action: etcdserverpb.AlarmRequest_ACTIVATE, Alarm: etcdserverpb.AlarmType_NOSPACE}
	alarm.MemberID = uint64(s.embedded.etcd.Server.MemberID())
	if _, err := s.embedded.etcd.Server.Alarm(t.Context(), alarm); err != nil {
		t.Fatal(err)
	}
	until := drain("10.0.0.2:1")
	until.Until = time.Now().Add(time.Hour)
	if err := s.Put(t.Context(), until); err == nil || !strings.Contains(err.Error(), "database space exceeded") {
		t.Errorf("over the quota: %v", err)
	}
	for deadline := time.Now().Add(patience); ; {
		err := s.Put(t.Context(), until)
		if err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	seen.untilHas("10.0.0.2:1")
}

// The data of a member of a cluster are refused: it would wait for the others for ever.
func TestStore_Embedded_DataOfACluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3)
	c.Lose(0, 1, 2)
	_, err := Open(t.Context(), config.Store{Dir: c.Members[0].Dir()}, "a", &owner{}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "one of 3 members") {
		t.Errorf("data of a cluster: %v", err)
	}
}
