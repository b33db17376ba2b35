package grpclb_test

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/grpclog"
)

// A logTap is gRPC's logger. Errors go to stderr as always; a test may hear the rest.
type logTap struct{ grpclog.LoggerV2 }

func newLogTap() logTap { return logTap{grpclog.NewLoggerV2(io.Discard, io.Discard, os.Stderr)} }

func (l logTap) Info(a ...any)      { hear(false, fmt.Sprintln(a...)) }
func (l logTap) Infoln(a ...any)    { hear(false, fmt.Sprintln(a...)) }
func (l logTap) Warning(a ...any)   { hear(true, fmt.Sprintln(a...)) }
func (l logTap) Warningln(a ...any) { hear(true, fmt.Sprintln(a...)) }

// A logged line is of the bubble's time.
type logLine struct {
	at      time.Time
	warning bool
	text    string // without the component
}

func (l logLine) String() string {
	if l.warning {
		return "warning " + l.text
	}
	return "info " + l.text
}

// A logBook has what the channels of a test log.
type logBook struct {
	lines    chan logLine // loggers → test, with room for all
	channels chan string  // loggers → test: the numbers that gRPC gives to channels
}

// listening is the book of the test that runs, if it has one.
var listening atomic.Pointer[logBook]

// newLogBook is called outside the bubble, since its channels are used from outside too.
func newLogBook(t *testing.T) *logBook {
	b := &logBook{lines: make(chan logLine, 1000), channels: make(chan string, 100)}
	listening.Store(b)
	t.Cleanup(func() { listening.Store(nil) })
	return b
}

var created = regexp.MustCompile(`^\[core\] \[Channel #(\d+)\] ?Channel created`)

func hear(warning bool, text string) {
	b := listening.Load()
	if b == nil {
		return
	}
	if number := created.FindStringSubmatch(text); number != nil {
		b.channels <- number[1]
	}
	if ours, found := strings.CutPrefix(text, "[grpclb] "); found {
		b.lines <- logLine{time.Now(), warning, strings.TrimSuffix(ours, "\n")}
	}
}

// channel returns the beginning of the lines of the channel that was made last, with the number by
// which gRPC logs it.
func (b *logBook) channel() (begins string) {
	for {
		select {
		case number := <-b.channels:
			begins = "[Channel #" + number + "] lbtest:///service.test: "
		default:
			return begins
		}
	}
}

// take returns the lines since it was called last.
func (b *logBook) take() (all []logLine) {
	synctest.Wait()
	for {
		select {
		case l := <-b.lines:
			all = append(all, l)
		default:
			return all
		}
	}
}

// wants fails the test unless these lines were logged since the last call. Each begins with its level,
// and goes on after the name of the channel.
func (b *logBook) wants(t testing.TB, begins string, lines ...string) {
	t.Helper()
	var got []string
	for _, l := range b.take() {
		got = append(got, strings.Replace(l.String(), " "+begins, " ", 1))
	}
	if strings.Join(got, "\n") != strings.Join(lines, "\n") {
		t.Errorf("logged:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}
