package hostile

import (
	"fmt"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc/grpclog"
)

// component is how gRPC begins the log lines of the policy.
const component = "[grpclb] "

// A journal is what the policy has logged, at any level, in one test. Lines
// beyond its room are only counted.
type journal struct {
	lines chan string // loggers → test
	more  atomic.Int64
}

// present is the journal of the test that runs; nil between tests.
var present atomic.Pointer[journal]

// newJournal begins a journal, which gets all lines from now on.
func newJournal() *journal {
	j := &journal{lines: make(chan string, 100)}
	present.Store(j)
	return j
}

func (j *journal) add(line string) {
	select {
	case j.lines <- line:
	default:
		j.more.Add(1)
	}
}

// take returns the lines since the last take, and how many they are in all.
func (j *journal) take() (lines []string, all int) {
	for {
		select {
		case line := <-j.lines:
			lines = append(lines, line)
		default:
			return lines, len(lines) + int(j.more.Swap(0))
		}
	}
}

// A recorder is gRPC's logger. It keeps what the policy says and nothing else.
type recorder struct{}

func (recorder) record(text string) {
	j, ours := present.Load(), strings.HasPrefix(text, component)
	if j != nil && ours {
		j.add(strings.TrimSuffix(strings.TrimPrefix(text, component), "\n"))
	}
}

func (r recorder) Info(a ...any)               { r.record(fmt.Sprint(a...)) }
func (r recorder) Infoln(a ...any)             { r.record(fmt.Sprintln(a...)) }
func (r recorder) Infof(f string, a ...any)    { r.record(fmt.Sprintf(f, a...)) }
func (r recorder) Warning(a ...any)            { r.record(fmt.Sprint(a...)) }
func (r recorder) Warningln(a ...any)          { r.record(fmt.Sprintln(a...)) }
func (r recorder) Warningf(f string, a ...any) { r.record(fmt.Sprintf(f, a...)) }
func (r recorder) Error(a ...any)              { r.record(fmt.Sprint(a...)) }
func (r recorder) Errorln(a ...any)            { r.record(fmt.Sprintln(a...)) }
func (r recorder) Errorf(f string, a ...any)   { r.record(fmt.Sprintf(f, a...)) }

// What is fatal ends the process in gRPC. Nothing is, and a test would see it.
func (recorder) Fatal(a ...any)            { panic(fmt.Sprint(a...)) }
func (recorder) Fatalln(a ...any)          { panic(fmt.Sprintln(a...)) }
func (recorder) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

// V keeps gRPC from composing lines that nobody reads.
func (recorder) V(int) bool { return false }

var _ grpclog.LoggerV2 = recorder{}
