package store

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
)

// A temporary folder has a name of this pattern, and a file that says that nobody needs it when its
// process has ended.
const (
	temporaryFolders = "grpclbd-*"
	temporaryFile    = "grpclbd.temporary"
)

// temporary makes a temporary folder. Those of processes that were killed are removed before.
func temporary(log *slog.Logger) (dir string, err error) {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), temporaryFolders)) // the pattern is a right one
	for _, dir := range left {
		if removed := removeLeftOver(dir); removed {
			log.Info("a temporary folder that a killed balancer has left was removed", "folder", dir)
		}
	}
	if dir, err = os.MkdirTemp("", temporaryFolders); err != nil {
		return "", err
	}
	log.Info("the store is in a temporary folder: overrides are lost at a restart; give store.dir", "folder", dir)
	return dir, os.WriteFile(filepath.Join(dir, temporaryFile), nil, 0o600)
}

// removeLeftOver removes a temporary folder if it is surely one: if it says so, and the lock file in it
// is there and not locked. A process that starts has locked it before there are data.
func removeLeftOver(dir string) (removed bool) {
	for _, needed := range []string{"", temporaryFile, lockFile, "member"} {
		if info, err := os.Lstat(filepath.Join(dir, needed)); err != nil || !isOwn(info) {
			return false
		}
	}
	lock, err := fileutil.TryLockFile(filepath.Join(dir, lockFile), os.O_RDWR, 0o600)
	if err != nil {
		return false
	}
	defer func() { _ = lock.Close() }()
	return os.RemoveAll(dir) == nil
}

// isOwn reports whether it is a file or a folder of this user, and no link.
func isOwn(info os.FileInfo) bool {
	stat, known := info.Sys().(*syscall.Stat_t)
	return (info.IsDir() || info.Mode().IsRegular()) && known && int(stat.Uid) == os.Getuid()
}
