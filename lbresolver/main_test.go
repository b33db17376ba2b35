package lbresolver

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/resolver/dns"
)

func TestMain(m *testing.M) {
	// For the tests that have the service's addresses change.
	dns.SetMinResolutionInterval(time.Millisecond)
	grpclog.SetLoggerV2(logTap{grpclog.NewLoggerV2(io.Discard, io.Discard, os.Stderr)})
	goleak.VerifyTestMain(m)
}

// A logTap is gRPC's logger. A test may hear the package's lines.
type logTap struct{ grpclog.LoggerV2 }

// logged has room for all lines of the test that listens; nil: none does.
var logged atomic.Pointer[chan string]

func (l logTap) Info(a ...any)      { l.hear("info " + fmt.Sprintln(a...)) }
func (l logTap) Infoln(a ...any)    { l.hear("info " + fmt.Sprintln(a...)) }
func (l logTap) Warning(a ...any)   { l.hear("warning " + fmt.Sprintln(a...)) }
func (l logTap) Warningln(a ...any) { l.hear("warning " + fmt.Sprintln(a...)) }

func (logTap) hear(line string) {
	if lines := logged.Load(); lines != nil && strings.Contains(line, " [grpclb] ") {
		*lines <- strings.TrimSpace(line)
	}
}
