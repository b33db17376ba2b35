package source

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/textfile"
)

// A file is what becomes of the texts of a file. The goroutine of the text file owns it.
type file struct {
	word
	cfg    config.Source
	teller teller
	hash   [sha256.Size]byte // of the text that was last read without a fault
}

// runFile reads the file until the context is done.
func runFile(ctx context.Context, cfg config.Source, t teller, log *slog.Logger) {
	f := textfile.Start(cfg.File, &file{cfg: cfg, teller: t}, log)
	<-ctx.Done()
	f.Stop()
}

// TextSaid makes f the owner of the text file.
func (f *file) TextSaid(text []byte, err error, now time.Time) {
	if r, tell := f.read(now, text, err); tell {
		f.teller.tell(r)
	}
}

// read notes what the file had. It returns what to tell, or false for nothing.
func (f *file) read(now time.Time, text []byte, err error) (backend.Report, bool) {
	if err != nil {
		return f.failed(now, err)
	}
	hash := sha256.Sum256(text)
	if f.last.Backends != nil && hash == f.hash {
		return f.still(now), true
	}
	all, err := parseList(f.cfg, text)
	if err != nil {
		return f.failed(now, err)
	}
	f.hash = hash
	return f.word.read(now, all, ""), true
}
