package lbtest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipe_WriterWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipe()
		sent := bytes.Repeat([]byte("0123456789"), pipeSize/4)
		written := make(chan int, 1)
		go func() {
			n, err := p.write(sent)
			if err != nil {
				t.Error(err)
			}
			p.closeWrite()
			written <- n
		}()
		synctest.Wait()
		if len(written) > 0 {
			t.Errorf("wrote %d bytes to a pipe of %d without waiting", len(sent), pipeSize)
		}
		got, err := io.ReadAll(readerFunc(p.read))
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes, %v; want the %d that were sent", len(got), err, len(sent))
		}
		if n := <-written; n != len(sent) {
			t.Errorf("write returned %d, want %d", n, len(sent))
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestPipe_DeadlineEndsAWaitOnTime(t *testing.T) {
	full := make([]byte, pipeSize)
	for _, test := range []struct {
		name string
		side int
		wait func(*pipe) error
	}{
		{"reading", reading, func(p *pipe) error { _, err := p.read(make([]byte, 1)); return err }},
		{"writing", writing, func(p *pipe) error { _, err := p.write(append(full, 1)); return err }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, begin := newPipe(), time.Now()
				p.setDeadline(test.side, begin.Add(time.Second))
				// The one that was set last counts, also for a wait under way.
				time.AfterFunc(time.Second/2, func() { p.setDeadline(test.side, begin.Add(3*time.Second)) })
				if err := test.wait(p); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("got %v, want the deadline", err)
				}
				if waited := time.Since(begin); waited != 3*time.Second {
					t.Errorf("waited %v, want 3s", waited)
				}
			})
		})
	}
}

func TestPipe_NoDeadlineMeansNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipe()
		p.setDeadline(reading, time.Now().Add(-time.Second))
		synctest.Wait()
		if _, err := p.read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("reading: %v, want the deadline", err)
		}
		p.setDeadline(reading, time.Time{})
		time.AfterFunc(time.Hour, func() { p.write([]byte("x")) })
		if n, err := p.read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("reading: %d, %v; want one byte an hour later", n, err)
		}
	})
}

func TestPipe_WriteAfterTheReaderLeft(t *testing.T) {
	p := newPipe()
	p.closeRead()
	if _, err := p.write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writing: %v, want a broken pipe", err)
	}
}

func TestPipe_ResetDiscards(t *testing.T) {
	p := newPipe()
	if _, err := p.write([]byte("lost")); err != nil {
		t.Fatal(err)
	}
	p.reset()
	if n, err := p.read(make([]byte, 4)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read %d bytes, %v; want a reset", n, err)
	}
	if _, err := p.write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("writing: %v, want a reset", err)
	}
}
