package diary

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/resolver"
)

const (
	tokens Topic = iota
	fallback
)

// A recorder is gRPC's logger. It keeps the lines, with their levels.
type recorder struct {
	grpclog.LoggerV2
	lines []string
}

func (r *recorder) Info(a ...any)                { r.lines = append(r.lines, "info "+fmt.Sprintln(a...)) }
func (r *recorder) Infoln(a ...any)              { r.Info(a...) }
func (r *recorder) Warning(a ...any)             { r.lines = append(r.lines, "warning "+fmt.Sprintln(a...)) }
func (r *recorder) Warningln(a ...any)           { r.Warning(a...) }
func (r *recorder) InfoDepth(_ int, a ...any)    { r.Info(a...) }
func (r *recorder) WarningDepth(_ int, a ...any) { r.Warning(a...) }

// record has the test get the lines that are logged.
func record(t *testing.T) *recorder {
	r := &recorder{}
	grpclog.SetLoggerV2(r)
	t.Cleanup(func() { grpclog.SetLoggerV2(grpclog.NewLoggerV2(nowhere{}, nowhere{}, nowhere{})) })
	return r
}

type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

func (r *recorder) wants(t *testing.T, lines ...string) {
	t.Helper()
	for i := range lines {
		lines[i] += "\n"
	}
	if !slices.Equal(r.lines, lines) {
		t.Errorf("logged:\n%swant:\n%s", strings.Join(r.lines, ""), strings.Join(lines, ""))
	}
	r.lines = nil
}

// at is a time after the start of the test.
func at(d time.Duration) time.Time { return time.Unix(0, 0).Add(d) }

const ms = time.Millisecond

// A hundred remarks a second are a line a second; what is left out is counted,
// and one topic does not silence another.
func TestSecure_HostileRemarksAreNoFlood(t *testing.T) {
	r, d := record(t), New(Log{})
	for i := range 301 {
		d.Note(Warningf(tokens, "token %d", i), at(time.Duration(i)*10*ms))
	}
	r.wants(t, "warning [grpclb] token 0",
		"warning [grpclb] token 100 (99 similar lines were left out)",
		"warning [grpclb] token 200 (99 similar lines were left out)",
		"warning [grpclb] token 300 (99 similar lines were left out)")
	d.Note(Warningf(fallback, "in fallback"), at(3000*ms))
	r.wants(t, "warning [grpclb] in fallback")
}

// What is left out last is not left out for good: the log ends with how things are.
func TestLog_Levels_TheLastLineIsWritten(t *testing.T) {
	r, d := record(t), New(Log{})
	d.Note(Warningf(tokens, "lost"), at(0))
	d.Note(Infof(tokens, "back"), at(1*ms))
	d.Note(Warningf(tokens, "lost again"), at(2*ms))
	d.Note(Infof(tokens, "back again"), at(3*ms))
	d.Note(Warningf(fallback, "in fallback"), at(3*ms))
	r.wants(t, "warning [grpclb] lost", "warning [grpclb] in fallback")
	if due := d.Due(time.Time{}); due != at(time.Second) {
		t.Errorf("due at %v, want a second after the first line", due)
	}
	if due := d.Due(at(ms)); due != at(ms) {
		t.Errorf("due at %v, want what is sooner", due)
	}
	d.CatchUp(at(999 * ms))
	r.wants(t)
	d.CatchUp(at(time.Second))
	r.wants(t, "info [grpclb] back again (2 similar lines were left out)")
	if due := d.Due(time.Time{}); !due.IsZero() {
		t.Errorf("due at %v, though nothing is left", due)
	}
	d.CatchUp(at(time.Hour))
	d.Note(Warningf(tokens, "lost"), at(1999*ms))
	r.wants(t)
	d.CatchUp(at(2000 * ms))
	r.wants(t, "warning [grpclb] lost")
}

// A sum is the text of numbers from one to another.
type sum struct{ from, to int }

func (s sum) String() string                          { return fmt.Sprintf("%d to %d", s.from, s.to) }
func (s sum) After(earlier fmt.Stringer) fmt.Stringer { return sum{earlier.(sum).from, s.to} }

// A text that sums up tells what the lines that were left out would have told.
func TestLog_Levels_Summary(t *testing.T) {
	r, d := record(t), New(Log{})
	for i := range 5 {
		d.Note(Info(tokens, sum{i, i + 1}), at(0))
	}
	d.CatchUp(at(time.Second))
	d.Note(Info(tokens, sum{5, 6}), at(2*time.Second))
	r.wants(t, "info [grpclb] 0 to 1", "info [grpclb] 1 to 5 (3 similar lines were left out)", "info [grpclb] 5 to 6")
}

// A target with a password or line breaks gives neither away.
func TestLog_Who_IsOneWord(t *testing.T) {
	r := record(t)
	for _, c := range []struct{ target, want string }{
		{"dns:///shop.example.com:443", "dns:///shop.example.com:443: text"},
		{"grpclb://me:secret@dns/shop?fallback=off", "grpclb://me:xxxxx@dns/shop?fallback=off: text"},
		{"dns:///a%0Ab", "dns:///a%0Ab: text"},
		{"passthrough:shop", "passthrough:shop: text"},
	} {
		u, err := url.Parse(c.target)
		if err != nil {
			t.Fatal(err)
		}
		For(resolver.Target{URL: *u}, nil).Write(Infof(tokens, "text"))
		r.wants(t, "info [grpclb] "+c.want)
	}
}
