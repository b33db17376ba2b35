// Package textfile reads a file again and again, and soon after it has changed. It is for
// whatever is configured by a file: editors, Kubernetes and network file systems change
// files in different ways.
package textfile

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
)

// maxBytes is how long a file may be. 100,000 backends with all that describes them have about 10 MB. YAML takes up to 200 times
// as much memory as its text.
const maxBytes = 16 << 20

// An Owner hears what the file has, in order: at once, 50 ms after it has changed, and every
// 3 s, whether it differs or not. It is called in the goroutine of the File.
type Owner interface {
	// TextSaid: the file had this text, or it could not be read.
	TextSaid(text []byte, err error, now time.Time)
}

// A File is the handle of an actor that reads a file. It owns the times at which that happens.
type File struct {
	path   string
	log    *slog.Logger
	owner  Owner
	nudges actor.Cell[nudge]
	actors *actor.Group
}

// A nudge says that the file is to be read now.
type nudge struct{}

// Start starts to read a file.
func Start(path string, owner Owner, log *slog.Logger) *File {
	f := &File{path: path, log: log, owner: owner, nudges: actor.NewCell[nudge](), actors: actor.NewGroup()}
	f.actors.Go(f.run)
	return f
}

// Nudge has the file read now. One goroutine may call it.
func (f *File) Nudge() { f.nudges.Put(nudge{}) }

// Stop ends the reading. When it returns, the owner is not called any more.
func (f *File) Stop() { f.actors.Stop() }

func (f *File) run(ctx context.Context) {
	pace := pace{due: time.Now()}
	timer := actor.NewTimer()
	defer timer.Stop()
	watcher, events, lost := f.watch()
	if watcher != nil {
		defer func() { _ = watcher.Close() }()
	}
	for {
		timer.Set(pace.due)
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
			f.look(watcher)
			pace.read(time.Now())
		case <-f.nudges.Ready():
			pace.due = time.Now()
		case e := <-events:
			if f.concerns(e) {
				pace.changed(time.Now())
			}
		case <-lost: // events were lost, if nothing worse
			pace.changed(time.Now())
		}
	}
}

// watch returns a watcher that watches nothing yet, and its channels; nil if there can't be one.
func (f *File) watch() (*fsnotify.Watcher, <-chan fsnotify.Event, <-chan error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		f.log.Warn("changes of the file are seen some seconds late, because it can't be watched", "why", err)
		return nil, nil, nil
	}
	return w, w.Events, w.Errors
}

// look watches the folder, reads the file and tells the owner. The folder is watched, not the
// file, because editors and Kubernetes put another file in its place. It is watched anew each
// time, because it may have been replaced too.
func (f *File) look(watcher *fsnotify.Watcher) {
	if watcher != nil {
		_ = watcher.Add(filepath.Dir(f.path)) // if it fails, so does reading, or reading every few seconds has to do
	}
	text, err := Read(f.path)
	f.owner.TextSaid(text, err, time.Now())
}

// concerns reports whether an event in the folder may be about the file. Kubernetes swaps
// a symbolic link named ..data, to which that of the file points.
func (f *File) concerns(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return name == filepath.Base(f.path) || strings.HasPrefix(name, "..")
}

// Read reads a regular file that is not too long.
func Read(path string) ([]byte, error) {
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
	return Bounded(path, opened)
}

// Bounded reads a text that is not too long. The path is for errors.
func Bounded(path string, from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxBytes+1))
	if err == nil && len(text) > maxBytes {
		err = fmt.Errorf("%s: it is longer than %d bytes", path, maxBytes)
	}
	return text, err
}
