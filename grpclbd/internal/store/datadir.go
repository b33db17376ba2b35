package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
	"go.etcd.io/etcd/client/pkg/v3/fileutil"
)

// lockFile is locked while a process uses the folder.
const lockFile = "grpclbd.lock"

var errOwned = errors.New("another process uses it: give each process its own, or several replicas one etcd (store.etcd)")

// own makes the folder the data of this process alone, or says why it can't be. etcd itself
// would wait for another process to end, without a limit.
func own(dir string) (*fileutil.LockedFile, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := fileutil.TryLockFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fileutil.ErrLocked) {
		return nil, errOwned
	}
	if err != nil {
		return nil, err
	}
	if err := checkData(filepath.Join(dir, "member", "snap", "db")); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

// checkData opens the file with etcd's data, if there is one, and closes it. So another
// etcd on it, and a file that is broken, are noticed before etcd meets them.
func checkData(file string) error {
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	db, err := bolt.Open(file, 0o600, &bolt.Options{ReadOnly: true, Timeout: 100 * time.Millisecond})
	if errors.Is(err, berrors.ErrTimeout) {
		return errOwned
	}
	if err != nil {
		return fmt.Errorf("the data can't be used: %s: %w", file, err)
	}
	return db.Close()
}
