package hostile

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/grpclog"
)

// A judge is a testing.TB that takes down what is wrong instead of failing.
type judge struct {
	testing.TB
	wrong []string
}

func (j *judge) Errorf(format string, args ...any) {
	j.wrong = append(j.wrong, fmt.Sprintf(format, args...))
}

// The bounds on the log fail a test whose log is over them, and no other.
func TestBounds_Log(t *testing.T) {
	long := strings.Repeat("x", 3*kib)
	for _, c := range []struct {
		says  []string
		most  bounds
		wrong int
	}{
		{nil, bounds{}, 0},
		{[]string{"all is lost"}, bounds{line: "lost"}, 0},
		{[]string{"all is lost", "again"}, bounds{line: "lost", lines: 2}, 0},
		{[]string{"all is lost"}, bounds{lines: 1}, 0},
		{nil, bounds{line: "lost"}, 1},
		{[]string{"all is lost"}, bounds{}, 1},
		{[]string{"all is lost", "again"}, bounds{line: "lost"}, 1},
		{[]string{"all\nis lost"}, bounds{line: "lost"}, 1},
		{[]string{long}, bounds{line: "x"}, 1},
	} {
		j := &judge{TB: t}
		v := &victim{TB: j, journal: newJournal()}
		for _, line := range c.says {
			grpclog.Component("grpclb").Warning(line)
			grpclog.Component("grpclb").Info("a list")
			grpclog.Component("core").Error(line)
			grpclog.Error(line)
		}
		if v.logged(c.most); len(j.wrong) != c.wrong {
			t.Errorf("%.40q by %+v: %.200q is wrong, want %d complaints", c.says, c.most, j.wrong, c.wrong)
		}
	}
}

// Lines for which there is no room are counted all the same.
func TestBounds_LogOfMany(t *testing.T) {
	j := &judge{TB: t}
	v := &victim{TB: j, journal: newJournal()}
	for range 1000 {
		grpclog.Component("grpclb").Warningf("line %d", 1)
	}
	if v.logged(bounds{line: "line", lines: 999}); len(j.wrong) != 1 || !strings.Contains(j.wrong[0], "1000") {
		t.Errorf("%q is wrong, want 1000 lines to be", j.wrong)
	}
}

// A number that is over its bound fails the test, and one at it does not.
func TestBounds_AtMost(t *testing.T) {
	j := &judge{TB: t}
	v := &victim{TB: j}
	v.atMost("things", 5, 5)
	v.atMost("things", 6, 5)
	if len(j.wrong) != 1 {
		t.Errorf("%q is wrong, want one complaint", j.wrong)
	}
}
