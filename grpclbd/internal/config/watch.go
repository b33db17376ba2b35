package config

import (
	"crypto/sha256"
	"log/slog"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/textfile"
)

// An Owner hears of the configuration's file. It is called in one goroutine.
type Owner interface {
	// ConfigSaid: the file has another configuration.
	ConfigSaid(cfg *Config, now time.Time)
	// ConfigRefused: the file can't be read, or has faults. It may be said again and again.
	ConfigRefused(why error, now time.Time)
}

// Watch tells the owner what the file has, at once and after each change. Nudge the file to
// have it read at once.
func Watch(path string, owner Owner, log *slog.Logger) *textfile.File {
	return textfile.Start(path, &watched{path: path, owner: owner}, log)
}

// A watched is what becomes of the texts of the file. The goroutine of the text file owns it.
type watched struct {
	path  string
	owner Owner
	last  [sha256.Size]byte // of the text that was told last
}

// TextSaid makes w the owner of the text file.
func (w *watched) TextSaid(text []byte, err error, now time.Time) {
	if err != nil {
		w.last = [sha256.Size]byte{} // when it is there again, it is told
		w.owner.ConfigRefused(err, now)
		return
	}
	sum := sha256.Sum256(text)
	if sum == w.last {
		return
	}
	w.last = sum
	cfg, err := Parse(w.path, text)
	if err != nil {
		w.owner.ConfigRefused(err, now)
		return
	}
	w.owner.ConfigSaid(cfg, now)
}
