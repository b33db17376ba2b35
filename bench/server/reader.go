package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A reader takes the messages of the one call of a connection and keeps nothing.
type reader struct {
	r    *bufio.Reader
	left int // bytes of the data frame that have not been read
}

var errEnded = errors.New("the call has ended")

// next returns the number of the list in the next message, 0 if it has none, and the
// length of the message with gRPC's five bytes before it.
func (r *reader) next() (version, length int, err error) {
	var head [64]byte
	if err := r.read(head[:5]); err != nil {
		return 0, 0, err
	}
	length = int(binary.BigEndian.Uint32(head[1:]))
	start := head[:min(length, len(head))]
	if err := r.read(start); err != nil {
		return 0, 0, err
	}
	return versionIn(start), 5 + length, r.skip(length - len(start))
}

// versionIn returns the number after the marker.
func versionIn(start []byte) (version int) {
	_, digits, _ := bytes.Cut(start, []byte(marker))
	for _, d := range digits {
		if d < '0' || d > '9' {
			break
		}
		version = 10*version + int(d-'0')
	}
	return version
}

func (r *reader) read(p []byte) error {
	for len(p) > 0 {
		if err := r.data(); err != nil {
			return err
		}
		n, err := io.ReadFull(r.r, p[:min(len(p), r.left)])
		p, r.left = p[n:], r.left-n
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) skip(n int) error {
	for n > 0 {
		if err := r.data(); err != nil {
			return err
		}
		done, err := r.r.Discard(min(n, r.left))
		n, r.left = n-done, r.left-done
		if err != nil {
			return err
		}
	}
	return nil
}

// data reads frames until there are bytes of a data frame left. It returns errEnded if
// the call ends first.
func (r *reader) data() error {
	for r.left == 0 {
		var head [9]byte
		if _, err := io.ReadFull(r.r, head[:]); err != nil {
			return err
		}
		length := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
		switch kind, flags := head[3], head[4]; {
		case kind == lbtest.DataFrame:
			r.left = length
			continue
		case kind == lbtest.ResetFrame, kind == lbtest.GoAwayFrame, kind == lbtest.HeadersFrame && flags&lbtest.EndStream != 0:
			return errEnded
		}
		if _, err := r.r.Discard(length); err != nil {
			return err
		}
	}
	return nil
}
