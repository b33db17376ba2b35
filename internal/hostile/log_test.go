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
	lines    chan string // loggers → test
	warnings atomic.Int64
	infos    atomic.Int64
}

// present is the journal of the test that runs; nil between tests.
var present atomic.Pointer[journal]

// newJournal begins a journal, which gets all lines from now on.
func newJournal() *journal {
	j := &journal{lines: make(chan string, 100)}
	present.Store(j)
	return j
}

func (j *journal) add(line string, of *atomic.Int64) {
	of.Add(1)
	select {
	case j.lines <- line:
	default:
	}
}

// take returns the lines since the last take, and how many there are in all: of trouble, and of
// information.
func (j *journal) take() (lines []string, warnings, infos int) {
	for {
		select {
		case line := <-j.lines:
			lines = append(lines, line)
		default:
			return lines, int(j.warnings.Swap(0)), int(j.infos.Swap(0))
		}
	}
}

// A recorder is gRPC's logger. It keeps what the policy says and nothing else.
type recorder struct{}

func (recorder) warning(text string) {
	if j := present.Load(); j != nil && strings.HasPrefix(text, component) {
		j.add(bare(text), &j.warnings)
	}
}

func (recorder) info(text string) {
	if j := present.Load(); j != nil && strings.HasPrefix(text, component) {
		j.add(bare(text), &j.infos)
	}
}

func bare(text string) string {
	return strings.TrimSuffix(strings.TrimPrefix(text, component), "\n")
}

func (r recorder) Info(a ...any)               { r.info(fmt.Sprint(a...)) }
func (r recorder) Infoln(a ...any)             { r.info(fmt.Sprintln(a...)) }
func (r recorder) Infof(f string, a ...any)    { r.info(fmt.Sprintf(f, a...)) }
func (r recorder) Warning(a ...any)            { r.warning(fmt.Sprint(a...)) }
func (r recorder) Warningln(a ...any)          { r.warning(fmt.Sprintln(a...)) }
func (r recorder) Warningf(f string, a ...any) { r.warning(fmt.Sprintf(f, a...)) }
func (r recorder) Error(a ...any)              { r.warning(fmt.Sprint(a...)) }
func (r recorder) Errorln(a ...any)            { r.warning(fmt.Sprintln(a...)) }
func (r recorder) Errorf(f string, a ...any)   { r.warning(fmt.Sprintf(f, a...)) }

// What is fatal ends the process in gRPC. Nothing is, and a test would see it.
func (recorder) Fatal(a ...any)            { panic(fmt.Sprint(a...)) }
func (recorder) Fatalln(a ...any)          { panic(fmt.Sprintln(a...)) }
func (recorder) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

// V keeps gRPC from composing lines that nobody reads.
func (recorder) V(int) bool { return false }

var _ grpclog.LoggerV2 = recorder{}
