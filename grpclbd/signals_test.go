package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program starts the balancer as a process of its own, and returns its log line by line.
func program(t *testing.T) (*exec.Cmd, io.Closer, *bufio.Scanner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	config := t.TempDir() + "/c.yaml"
	text := "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nstop: {notice: 100ms, over: 0s}\nservices: [{name: s, sources: [{static: [127.0.0.1:1]}]}]\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, os.Args[0], "-config", config)
	c.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+t.TempDir())
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, log, bufio.NewScanner(log)
}

// until reads the log until a line has the text.
func until(t *testing.T, log *bufio.Scanner, text string) {
	t.Helper()
	for log.Scan() {
		if strings.Contains(log.Text(), text) {
			return
		}
	}
	t.Fatalf("the log ends without %q", text)
}

// SIGHUP has the configuration read. It never ends the process, also while that stops.
func TestStop_SIGHUP(t *testing.T) {
	c, _, log := program(t)
	until(t, log, "the balancer has started")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for log.Scan() {
		}
	}()
	for sent := 0; ; sent++ {
		select {
		case <-ended:
			if err := c.Wait(); err != nil {
				t.Errorf("after %d times SIGHUP: %v", sent, err)
			}
			return
		default:
			_ = c.Process.Signal(syscall.SIGHUP) // it may have ended
		}
		if sent == 10 {
			_ = c.Process.Signal(syscall.SIGTERM)
		}
	}
}

// The balancer goes on when nobody reads its log any more.
func TestStop_LogReaderHasGone(t *testing.T) {
	c, pipe, log := program(t)
	until(t, log, "the balancer has started")
	if err := pipe.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil { // it logs that
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// SIGTERM while the balancer starts is no error.
func TestStop_WhileItStarts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runLine(t, ctx, "-service", "s=127.0.0.1:1", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-log", "error"); err != nil {
		t.Error(err)
	}
}
