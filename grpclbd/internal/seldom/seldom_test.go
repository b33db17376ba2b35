package seldom

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A lines is a log whose lines a test reads, without their time.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	_, words, _ := strings.Cut(string(line), "level=")
	l <- strings.TrimSpace(words)
	return len(line), nil
}

// However much happens, the log has one line in ten seconds.
func TestSecure_OneLineInTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := make(lines, 100)
		l := Start("a client was refused", slog.New(slog.NewTextHandler(all, nil)))
		defer l.Stop()
		began := time.Now()
		for i := range 1000 {
			l.Say(slog.Int("client", i))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Hour)
		l.Say(slog.String("client", "late"))
		synctest.Wait()
		const text = `WARN msg="a client was refused" client=%v others=%d`
		for _, want := range []string{fmt.Sprintf(text, 0, 0), fmt.Sprintf(text, 999, 998), fmt.Sprintf(text, "late", 0)} {
			if line := <-all; line != want {
				t.Errorf("the log says %s, want %s", line, want)
			}
		}
		if len(all) != 0 {
			t.Errorf("and then %s, after %v", <-all, time.Since(began))
		}
		l.Say(slog.String("client", "last"))
		l.Stop()
		if line := <-all; line != fmt.Sprintf(text, "last", 0) {
			t.Errorf("at the end the log says %s", line)
		}
	})
}
