package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestShared_EndsInOK(t *testing.T) {
	var printed bytes.Buffer
	if err := run(io.MultiWriter(&printed, t.Output())); err != nil {
		t.Fatal(err)
	}
	const want = "backend 1: 180 calls, connections: 1\nbackend 2:  90 calls, connections: 1\n"
	if !strings.Contains(printed.String(), want) {
		t.Errorf("want in what it prints:\n%s", want)
	}
	if !strings.HasSuffix(printed.String(), "\nshared: ok (450 calls open at once, by 3 clients over 4 connections)\n") {
		t.Error("it does not end in ok")
	}
}

// What the backends have counted is compared: with a connection each, and with
// their shares.
func TestConclude(t *testing.T) {
	for name, c := range map[string]struct {
		calls, conns []int64
		good         bool
	}{
		"as it has to be":     {[]int64{20, 10, 10, 10}, []int64{1, 1, 1, 1}, true},
		"a second connection": {[]int64{20, 10, 10, 10}, []int64{1, 1, 2, 1}, false},
		"no connection":       {[]int64{20, 10, 10, 10}, []int64{1, 1, 1, 0}, false},
		"another share":       {[]int64{20, 10, 9, 11}, []int64{1, 1, 1, 1}, false},
	} {
		var meters []*meter
		for i := range c.calls {
			m := &meter{}
			m.calls.Store(c.calls[i])
			m.conns.Store(c.conns[i])
			meters = append(meters, m)
		}
		if err := conclude(io.Discard, meters, 50); (err == nil) != c.good {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
