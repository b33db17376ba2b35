package filecheck

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A use fails as its test says.
type use struct{ errs chan error }

func (u use) Try() error { return <-u.errs }

// Each fault is logged once, and its end.
func TestSecure_FilesThatCannotBeUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		u := use{make(chan error, 10)}
		for _, err := range []error{nil, errors.New("one"), errors.New("one"), errors.New("two"), nil, nil} {
			u.errs <- err
		}
		c := Start("policy.json", u, slog.New(slog.NewTextHandler(&out, nil)))
		time.Sleep(6*Every + time.Second)
		c.Stop()
		var got []string
		for line := range strings.Lines(out.String()) {
			_, text, _ := strings.Cut(line, "msg=")
			got = append(got, strings.TrimSpace(text))
		}
		want := []string{
			`"the files can't be used; what was read last stays in use" files=policy.json why=one`,
			`"the files can't be used; what was read last stays in use" files=policy.json why=two`,
			`"the files can be used again" files=policy.json`,
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s", strings.Join(got, "\n"))
		}
	})
}
