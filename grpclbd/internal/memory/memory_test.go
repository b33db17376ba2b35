package memory

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type owner chan State

func (o owner) Recalled(s State) { o <- s }

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// recall starts a memory, and returns what it says.
func recall(t *testing.T, path, service string, log *slog.Logger) (*Memory, State) {
	t.Helper()
	o := make(owner, 1)
	m := Start(path, service, o, log)
	t.Cleanup(m.Stop)
	return m, <-o
}

func said(n int) []Said {
	all := []backend.Backend{}
	for i := range n {
		all = append(all, backend.Backend{Address: fmt.Sprintf("10.0.%d.%d:1", i/250, i%250+1), Zone: "z1", Weight: 2, Token: "t", Labels: map[string]string{"v": "2"}})
	}
	return []Said{{"etcd services/greeter", backend.Sorted(all)}}
}

// What was kept is there after the next start.
func TestGuard_Start_Kept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := Path(Folder(t.TempDir()), "greeter:443")
		m, s := recall(t, path, "greeter:443", silent)
		if !s.At.IsZero() || len(s.Sources) != 0 {
			t.Errorf("at the first start it says %+v", s)
		}
		m.Keep(said(1))
		synctest.Wait()
		m.Keep(said(2))
		synctest.Wait()
		m.Keep(said(3))
		m.Stop()
		_, s = recall(t, path, "greeter:443", silent)
		if diff := cmp.Diff(said(3), s.Sources); diff != "" || s.At.IsZero() {
			t.Errorf("at %v it says (-want +got):\n%s", s.At, diff)
		}
	})
}

// However often it changes, it is written every 5 s at most. What does not change gets the time each minute.
func TestGuard_Start_Pace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := Path(t.TempDir(), "s")
		m, _ := recall(t, path, "s", silent)
		count := func() int {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Count(string(text), "address")
		}
		for i, want := range []int{1, 1, 1, 1, 1, 5, 5, 5, 5, 5, 10} { // a second each
			m.Keep(said(i + 1))
			synctest.Wait()
			if got := count(); got != want {
				t.Errorf("after %d s there are %d backends in the file, want %d", i, got, want)
			}
			time.Sleep(time.Second)
			synctest.Wait() // what is due at this moment is written before the next Keep
		}
		time.Sleep(2 * touch)
		if got := count(); got != 11 {
			t.Errorf("at last there are %d backends in the file", got)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if age := time.Since(info.ModTime()); age < 0 || age > touch {
			t.Errorf("the file is %v old", age)
		}
	})
}

// A file that can't be used is as none, and is replaced.
func TestGuard_Start_FilesThatCannotBeUsed(t *testing.T) {
	for text, want := range map[string]string{
		``:                                "unexpected end of JSON input",
		`{"service": "s", "sources": [{"`: "unexpected end of JSON input",
		`[]`:                              "cannot unmarshal array",
		`{"service": "other"}`:            `it is of service \"other\", not \"s\"`,
		`{"service": "s", "sources": [{"source": "x", "backends": [{"address": "a:1"}]}]}`:                      `address \"a:1\" is not IP:port`,
		`{"service": "s", "sources": [{"source": "x", "backends": [{"address": "10.0.0.1:1", "weight": -1}]}]}`: "weight -1 is not from 1",
	} {
		path := filepath.Join(t.TempDir(), "s.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var lines bytes.Buffer
		m, s := recall(t, path, "s", slog.New(slog.NewTextHandler(&lines, nil)))
		m.Stop()
		if len(s.Sources) != 0 || strings.Count(lines.String(), "\n") != 1 || !strings.Contains(lines.String(), want) {
			t.Errorf("of %s it says %+v and logs %s, want %q", text, s, lines.String(), want)
		}
	}
}

// A file that is a day old is not used: the addresses may be those of other servers.
func TestGuard_Start_TooOld(t *testing.T) {
	folder := t.TempDir()
	path := Path(folder, "s")
	if err := replace(path, []byte(`{"service": "s", "sources": [{"source": "x", "backends": [{"address": "10.0.0.1:1"}]}]}`)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		age  time.Duration
		want int
	}{{-time.Hour, 1}, {tooOld - time.Hour, 1}, {tooOld, 0}} {
		at := time.Now().Add(-c.age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		m, s := recall(t, path, "s", silent)
		m.Stop()
		if len(s.Sources) != c.want {
			t.Errorf("at the age of %v it says %+v", c.age, s)
		}
		Clean(folder, time.Now())
		if _, err := os.Stat(path); (err == nil) != (c.want == 1) {
			t.Errorf("at the age of %v: error %v", c.age, err)
		}
	}
}

// A logBook is a log in memory, for several goroutines.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBook) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// If the file can't be written, the log says so once, and it is tried again.
func TestGuard_Start_DiskFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(folder, nil, 0o600); err != nil { // in the place of the folder
			t.Fatal(err)
		}
		lines := new(logBook)
		m, _ := recall(t, Path(folder, "s"), "s", slog.New(slog.NewTextHandler(lines, nil)))
		for n := range 5 {
			m.Keep(said(n + 1))
			time.Sleep(pause)
			synctest.Wait()
		}
		if err := os.Remove(folder); err != nil {
			t.Fatal(err)
		}
		time.Sleep(pause)
		synctest.Wait()
		m.Stop()
		log := strings.Split(lines.String(), "\n")
		if len(log) != 4 || !strings.Contains(log[1], "is not kept for the next start") || !strings.Contains(log[2], "is kept again") {
			t.Errorf("it logs %s", lines.String())
		}
		if _, err := os.Stat(Path(folder, "s")); err != nil {
			t.Error(err)
		}
	})
}

// Each service has a file of its own in the folder, whatever its name is.
func TestPath(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"a", "A", "a/b", "..", ".", "../x", "a b", strings.Repeat("é", 120), strings.Repeat("é", 120) + "x", strings.Repeat("\x01", 255)} {
		p := Path("f", name)
		if filepath.Dir(p) != "f" || seen[p] || len(filepath.Base(p)) > 255 {
			t.Errorf("the file of %q is %s", name, p)
		}
		seen[p] = true
	}
}

// BenchmarkWrite is what it costs to write the file of so many backends.
func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("backends=%d", n), func(b *testing.B) {
			f := &file{path: Path(b.TempDir(), "s"), service: "s", log: silent, said: said(n)}
			b.ResetTimer()
			for range b.N {
				f.text = nil // it differs from what was written
				if !f.write() {
					b.Fatal("not written")
				}
			}
			info, _ := os.Stat(f.path)
			b.ReportMetric(float64(info.Size()), "bytes")
		})
	}
}
