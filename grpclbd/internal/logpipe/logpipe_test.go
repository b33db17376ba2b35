package logpipe

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A reader that stops reading holds nobody up. When it reads again it is told how many lines
// were dropped.
func TestLog_NobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		l := New(writer)
		began := time.Now()
		for i := range kept + 100 {
			fmt.Fprintf(l, "line %d\n", i)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("writing took %v", took)
		}
		read := make(chan string, 1)
		go func() {
			text, err := io.ReadAll(reader)
			if err != nil {
				t.Error(err)
			}
			read <- string(text)
		}()
		synctest.Wait()
		l.Close()
		writer.Close()
		text := <-read
		lines := strings.Count(text, "line ")
		if !strings.Contains(text, "line 0\n") || !strings.Contains(text, "lines of the log were dropped") || lines < kept || lines > kept+2 {
			t.Errorf("%d lines were written, the last bytes are %q", lines, text[len(text)-100:])
		}
	})
}

// Close does not wait for a reader that never comes back.
func TestLog_CloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		l := New(writer)
		fmt.Fprintln(l, "a line")
		began := time.Now()
		l.Close()
		if took := time.Since(began); took != patience {
			t.Errorf("it took %v", took)
		}
		reader.Close()
		<-l.done
	})
}
