// Package logpipe writes a log without holding up who logs: whoever reads the log, over a pipe
// for example, may be slow or have stopped reading.
package logpipe

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/actorlb/grpclb/actor"
)

const (
	kept     = 4096        // lines that wait to be written; later ones are dropped
	patience = time.Second // how long Close waits for lines to be written
)

// A Writer hands lines over to a goroutine that writes them. Write never waits. Lines for
// which there is no room are dropped and counted; the log has the count when it is read again.
type Writer struct {
	lines   chan []byte   // everybody → the goroutine
	lost    chan int      // everybody → the goroutine: lines dropped since it took this last
	closing chan struct{} // Close → the goroutine
	done    chan struct{} // the goroutine → Close
}

// New starts a writer to w.
func New(w io.Writer) *Writer {
	l := &Writer{lines: make(chan []byte, kept), lost: make(chan int, 1), closing: make(chan struct{}), done: make(chan struct{})}
	go l.run(w)
	return l
}

// Write queues a line.
func (l *Writer) Write(line []byte) (int, error) {
	select {
	case l.lines <- bytes.Clone(line):
	default:
		l.lose(1)
	}
	return len(line), nil
}

// lose adds to the lines that were dropped.
func (l *Writer) lose(n int) {
	for {
		select {
		case l.lost <- n:
			return
		case before := <-l.lost:
			n += before
		}
	}
}

// run owns w. An error of w means that nobody reads: there is nobody to tell.
func (l *Writer) run(w io.Writer) {
	defer close(l.done)
	for {
		select {
		case line := <-l.lines:
			_, _ = w.Write(line)
		case n := <-l.lost:
			_, _ = fmt.Fprintf(w, "%d lines of the log were dropped, because nobody read it\n", n)
		case <-l.closing:
			l.rest(w)
			return
		}
	}
}

// rest writes what is left.
func (l *Writer) rest(w io.Writer) {
	for {
		select {
		case line := <-l.lines:
			_, _ = w.Write(line)
		default:
			return
		}
	}
}

// Close writes what is left. If nobody reads, it gives up after a second. It may be called
// once; later lines are dropped.
func (l *Writer) Close() {
	close(l.closing)
	timer := actor.NewTimer()
	defer timer.Stop()
	timer.Set(time.Now().Add(patience))
	select {
	case <-l.done:
	case <-timer.Ready():
	}
}
