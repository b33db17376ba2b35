package lbtest

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// pipeSize is how many bytes a pipe holds before its writer waits: HTTP/2's
// initial window, so that a transport hardly ever waits for the wire.
const pipeSize = 64 << 10

// A pipe carries bytes from one end of a connection to the other.
type pipe struct{ state shared[flow] }

type flow struct {
	buffer []byte // written and not read yet
	broken bool   // by reset
	closed [2]bool
	late   [2]bool // the deadline has passed

	timers [2]*time.Timer
	alarm  [2]int // the number of the one that is set; zero while none is
	alarms int    // how many were ever set
}

// The two sides of a pipe, as indices into a flow's arrays.
const (
	reading = iota
	writing
)

func newPipe() *pipe { return &pipe{share(flow{})} }

func (p *pipe) read(b []byte) (n int, err error) {
	p.state.await(nil, func(f *flow) bool {
		if err = f.readError(); err != nil || len(f.buffer) == 0 && len(b) > 0 {
			return err != nil
		}
		n = copy(b, f.buffer)
		f.buffer = f.buffer[:copy(f.buffer, f.buffer[n:])]
		return true
	})
	return n, err
}

// readError says why the reader need not wait for anything; what was written
// before the writer closed is read first.
func (f *flow) readError() error {
	switch {
	case f.closed[reading]:
		return net.ErrClosed
	case f.broken:
		return syscall.ECONNRESET
	case f.late[reading]:
		return os.ErrDeadlineExceeded
	case f.closed[writing] && len(f.buffer) == 0:
		return io.EOF
	}
	return nil
}

// write returns when all of b is in the pipe, or with an error.
func (p *pipe) write(b []byte) (n int, err error) {
	for {
		p.state.await(nil, func(f *flow) bool {
			room := pipeSize - len(f.buffer)
			if err = f.writeError(); err != nil || room == 0 {
				return err != nil
			}
			part := b[n:min(n+room, len(b))]
			f.buffer = append(f.buffer, part...)
			n += len(part)
			return true
		})
		if err != nil || n == len(b) {
			return n, err
		}
	}
}

// writeError says why the writer need not wait for room.
func (f *flow) writeError() error {
	switch {
	case f.closed[writing]:
		return net.ErrClosed
	case f.broken:
		return syscall.ECONNRESET
	case f.closed[reading]:
		return syscall.EPIPE
	case f.late[writing]:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// closeRead is the reader's end of the pipe: a later write fails.
func (p *pipe) closeRead() {
	p.state.update(func(f *flow) {
		f.closed[reading] = true
		f.buffer = nil
		f.stopTimer(reading)
	})
}

// closeWrite is the writer's: the reader gets what is there, and then io.EOF.
func (p *pipe) closeWrite() {
	p.state.update(func(f *flow) {
		f.closed[writing] = true
		f.stopTimer(writing)
	})
}

// reset breaks the pipe for both sides and discards what is in it.
func (p *pipe) reset() {
	p.state.update(func(f *flow) {
		f.broken = true
		f.buffer = nil
		f.stopTimer(reading)
		f.stopTimer(writing)
	})
}

// setDeadline makes a side fail once t has come; zero means never.
func (p *pipe) setDeadline(side int, t time.Time) {
	p.state.update(func(f *flow) {
		f.stopTimer(side)
		f.late[side] = false
		if t.IsZero() || f.broken || f.closed[side] {
			return
		}
		// The number tells an alarm that could not be stopped any more from the
		// one that was set after it.
		f.alarms++
		alarm := f.alarms
		f.timers[side] = time.AfterFunc(time.Until(t), func() { p.rang(side, alarm) })
		f.alarm[side] = alarm
	})
}

func (p *pipe) rang(side, alarm int) {
	p.state.update(func(f *flow) {
		if f.alarm[side] == alarm {
			f.late[side] = true
		}
	})
}

func (f *flow) stopTimer(side int) {
	if f.timers[side] != nil {
		f.timers[side].Stop()
	}
	f.alarm[side] = 0
}
