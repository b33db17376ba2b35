package source

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// maxFile is how long a file may be, in bytes.
const maxFile = 64 << 20

// A file is the actor that reads a file.
type file struct {
	cfg    config.Source
	teller teller
	log    *slog.Logger
}

func (f *file) run(ctx context.Context) {
	core := &fileCore{cfg: f.cfg, due: time.Now()}
	timer := actor.NewTimer()
	defer timer.Stop()
	watcher, events, lost := f.watch()
	if watcher != nil {
		defer func() { _ = watcher.Close() }()
	}
	for {
		timer.Set(core.due)
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
			f.look(watcher, core)
		case e := <-events:
			if f.concerns(e) {
				core.changed(time.Now())
			}
		case <-lost: // events were lost, if nothing worse
			core.changed(time.Now())
		}
	}
}

// watch returns a watcher that watches nothing yet, and its channels; nil if there can't be one.
func (f *file) watch() (*fsnotify.Watcher, <-chan fsnotify.Event, <-chan error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		f.log.Warn("changes of the file are seen some seconds late, because it can't be watched", "why", err)
		return nil, nil, nil
	}
	return w, w.Events, w.Errors
}

// look watches the folder, reads the file and tells what came of it. The folder is watched, not
// the file, because editors and Kubernetes put another file in its place. It is watched
// anew each time, because it may have been replaced too.
func (f *file) look(watcher *fsnotify.Watcher, core *fileCore) {
	if watcher != nil {
		_ = watcher.Add(filepath.Dir(f.cfg.File)) // if it fails, so does reading, or reading every few seconds has to do
	}
	text, err := readFile(f.cfg.File)
	if r, tell := core.read(time.Now(), text, err); tell {
		f.teller.tell(r)
	}
}

// concerns reports whether an event in the folder may be about the file. Kubernetes swaps
// a symbolic link named ..data, to which that of the file points.
func (f *file) concerns(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return name == filepath.Base(f.cfg.File) || strings.HasPrefix(name, "..")
}

// readFile reads a regular file that is not too long.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // reading may wait forever
		return nil, fmt.Errorf("%s: it is not a regular file", path)
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	text, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s: it is longer than %d bytes", path, maxFile)
	}
	return text, err
}
