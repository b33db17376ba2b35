package memory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

const (
	// tooOld is the age from which on a file is not used: other servers may have the addresses.
	tooOld   = 24 * time.Hour
	maxBytes = 64 << 20
	suffix   = ".json"
)

// Folder is where the files of all services are, in the folder of the store.
func Folder(store string) string { return filepath.Join(store, "sources") }

// Path is the file of a service.
func Path(folder, service string) string {
	name := url.PathEscape(service)
	if len(name) > 200 { // files have names of up to 255 bytes
		sum := sha256.Sum256([]byte(service))
		name = name[:150] + "~" + hex.EncodeToString(sum[:16])
	}
	return filepath.Join(folder, name+suffix)
}

// A file is owned by the goroutine of a memory.
type file struct {
	path, service string
	log           *slog.Logger

	said   []Said // to be written
	text   []byte // what was written last
	failed bool   // the last time, and that was logged
}

// content is the JSON of the file.
type content struct {
	Service string `json:"service"`
	Sources []Said `json:"sources"`
}

// read returns what is in the file. Whatever is wrong with it is logged, and nothing of it is used.
func (f *file) read(now time.Time) State {
	s, err := f.parse(now)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		f.log.Warn("what sources said before the start is not known", "service", f.service, "why", err)
	default:
		return s
	}
	return State{}
}

func (f *file) parse(now time.Time) (s State, err error) {
	opened, err := os.Open(f.path)
	if err != nil {
		return s, err
	}
	defer func() { _ = opened.Close() }()
	info, err := opened.Stat()
	if err != nil {
		return s, err
	}
	if age := now.Sub(info.ModTime()); age >= tooOld {
		return s, fmt.Errorf("%s is %v old, and is used if it is younger than %v", f.path, age.Round(time.Minute), tooOld)
	}
	text, err := io.ReadAll(io.LimitReader(opened, maxBytes+1))
	if err == nil && len(text) > maxBytes {
		err = fmt.Errorf("%s is longer than %d bytes", f.path, maxBytes)
	}
	if err != nil {
		return s, err
	}
	if s.Sources, err = decode(text, f.service); err != nil {
		return s, fmt.Errorf("%s: %w", f.path, err)
	}
	s.At = info.ModTime()
	return s, nil
}

// decode takes the text of a file apart. All of it is good, or it is an error.
func decode(text []byte, service string) ([]Said, error) {
	var c content
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	if c.Service != service {
		return nil, fmt.Errorf("it is of service %.300q, not %q", c.Service, service)
	}
	for i, said := range c.Sources {
		for j, b := range said.Backends {
			good, err := backend.Normal(b)
			if err != nil {
				return nil, err
			}
			said.Backends[j] = good
		}
		c.Sources[i].Backends = backend.Sorted(said.Backends)
	}
	return c.Sources, nil
}

// write writes the file, or gives it the present time if it has what it should. It reports whether that
// has succeeded, and logs it once if not.
func (f *file) write() bool {
	err := f.update()
	switch {
	case err != nil && !f.failed:
		f.log.Warn("what the sources say is not kept for the next start; that is tried again", "service", f.service, "why", err)
	case err == nil && f.failed:
		f.log.Info("what the sources say is kept again", "service", f.service)
	}
	f.failed = err != nil
	return err == nil
}

func (f *file) update() error {
	text, err := json.Marshal(content{f.service, f.said})
	if err != nil {
		return err
	}
	if len(text) > maxBytes {
		return fmt.Errorf("it has %d bytes, and may have %d", len(text), maxBytes)
	}
	now := time.Now()
	if bytes.Equal(text, f.text) && os.Chtimes(f.path, now, now) == nil {
		return nil
	}
	if err := replace(f.path, text); err != nil {
		return err
	}
	f.text = text
	return nil
}

// replace puts a new file in the place of an old one. Whoever reads has the old one or the new one.
func replace(path string, text []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(text)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}

// Clean removes files that are too old to be used: those of services that are not configured any more.
// What it can't remove stays.
func Clean(folder string, now time.Time) {
	all, _ := os.ReadDir(folder) // a folder that can't be read is noticed when it is written
	for _, e := range all {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) >= tooOld {
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
}
