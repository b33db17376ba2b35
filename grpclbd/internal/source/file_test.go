package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A folder is where a test writes its files.
type folder struct {
	*testing.T
	path string
}

func (f folder) in(name string) string { return filepath.Join(f.path, name) }

func (f folder) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f folder) write(name, text string) {
	f.Helper()
	f.must(os.WriteFile(f.in(name), []byte(text), 0o600))
}

func newFile(t *testing.T, text string) (folder, *listener) {
	f := folder{t, t.TempDir()}
	f.write("b.yaml", text)
	return f, listen(t, config.Source{File: f.in("b.yaml"), Zone: "z0", Weight: 2}, Deps{})
}

func TestSource_File(t *testing.T) {
	_, l := newFile(t, `# the second is described
- 10.0.0.2:1
- {address: 10.0.0.1:1, zone: z1, weight: 5, token: t, labels: {version: "1.2"}}
- address: "[2001:db8:0::1]:1"
- 10.0.0.1:1
`)
	got := l.next()
	want := []backend.Backend{
		{Address: "10.0.0.1:1", Zone: "z1", Weight: 5, Token: "t", Labels: map[string]string{"version": "1.2"}},
		{Address: "10.0.0.2:1", Zone: "z0", Weight: 2},
		{Address: "[2001:db8::1]:1", Zone: "z0", Weight: 2},
	}
	if diff := cmp.Diff(want, got.Backends); diff != "" || got.Err != nil {
		t.Errorf("it says %+v\n%s", got, diff)
	}
}

// However the file is changed, the change is seen, and soon.
func TestSource_File_Changes(t *testing.T) {
	f, l := newFile(t, "[10.0.0.1:1]")
	l.untilAre("10.0.0.1:1")
	f.write("b.yaml", "[10.0.0.2:1]") // in place
	l.untilAre("10.0.0.2:1")
	f.write("new", "[10.0.0.3:1]") // as editors do
	f.must(os.Rename(f.in("new"), f.in("b.yaml")))
	began := time.Now()
	l.untilAre("10.0.0.3:1")
	if took := time.Since(began); took > 3*time.Second/2 {
		t.Errorf("the change was seen after %v", took)
	}
	f.write("b.yaml", "[]")
	if r := l.untilAre(); r.Backends == nil {
		t.Error("none is told as a report without a list")
	}
}

// Kubernetes swaps a symbolic link that is not the file's own.
func TestSource_File_Kubernetes(t *testing.T) {
	f := folder{t, t.TempDir()}
	for version, address := range map[string]string{"..1": "10.0.0.1:1", "..2": "10.0.0.2:1"} {
		f.must(os.Mkdir(f.in(version), 0o700))
		f.write(version+"/b.yaml", "- "+address)
	}
	f.must(os.Symlink("..1", f.in("..data")))
	f.must(os.Symlink("..data/b.yaml", f.in("b.yaml")))
	l := listen(t, config.Source{File: f.in("b.yaml")}, Deps{})
	l.untilAre("10.0.0.1:1")
	f.must(os.Symlink("..2", f.in("..data_tmp")))
	f.must(os.Rename(f.in("..data_tmp"), f.in("..data")))
	began := time.Now()
	l.untilAre("10.0.0.2:1")
	if took := time.Since(began); took > 3*time.Second/2 {
		t.Errorf("the change was seen after %v", took)
	}
}

// A file that can't be read is an error, and not none; the next good one mends it.
func TestSource_LastKnown_File(t *testing.T) {
	f, l := newFile(t, "- 10.0.0.1:1\n- {address: 10.0.0.2:1, weight: 3")
	if err := l.untilFails(); !strings.Contains(err.Error(), "b.yaml: line ") {
		t.Errorf("half a file: %v", err)
	}
	f.write("b.yaml", "- 10.0.0.1:1\n- {address: 10.0.0.2:1, weight: 3}\n")
	l.untilAre("10.0.0.1:1", "10.0.0.2:1")
	f.write("b.yaml", "")
	if err := l.untilFails(); !strings.Contains(err.Error(), "it is empty") {
		t.Errorf("an empty file: %v", err)
	}
	f.write("b.yaml", "[10.0.0.3:1]")
	l.untilAre("10.0.0.3:1")
	f.must(os.Remove(f.in("b.yaml")))
	if err := l.untilFails(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	f.write("b.yaml", "[10.0.0.3:1]")
	l.untilAre("10.0.0.3:1")
}

// The folder may be replaced as a whole.
func TestSource_LastKnown_FileInANewFolder(t *testing.T) {
	t.Parallel()
	f := folder{t, t.TempDir()}
	f.must(os.Mkdir(f.in("d"), 0o700))
	f.write("d/b.yaml", "[10.0.0.1:1]")
	l := listen(t, config.Source{File: f.in("d/b.yaml")}, Deps{})
	l.untilAre("10.0.0.1:1")
	f.must(os.Rename(f.in("d"), f.in("old")))
	f.must(os.Mkdir(f.in("d"), 0o700))
	f.write("d/b.yaml", "[10.0.0.2:1]")
	l.untilAre("10.0.0.2:1")
	f.write("d/b.yaml", "[10.0.0.3:1]")
	began := time.Now()
	l.untilAre("10.0.0.3:1")
	if took := time.Since(began); took > 3*time.Second/2 {
		t.Errorf("the new folder is not watched: the change was seen after %v", took)
	}
}

func TestSource_File_IsNoFile(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.must(syscall.Mkfifo(f.in("pipe"), 0o600)) // opening it waits for a writer
	for _, name := range []string{"pipe", "."} {
		l := listen(t, config.Source{File: f.in(name)}, Deps{})
		if err := l.untilFails(); !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSource_File_NamesLineAndField(t *testing.T) {
	for text, want := range map[string]string{
		"- 10.0.0.1:1\n- 10.0.0.2":                     `b.yaml: line 2: [1]: address "10.0.0.2" is not IP:port`,
		"- {address: 10.0.0.1:1, wait: 3}":             `b.yaml: line 1: unknown field "wait"`,
		"- address: 10.0.0.1:1\n  weight: 0":           `line 1: [0]: weight 0 is not from 1`,
		"- {address: 10.0.0.1:1, weight: -1}":          `weight -1 is not from 1`,
		"- {address: 10.0.0.1:1, weight: 2147483648}":  `weight 2147483648 is not from 1`,
		"- {address: 10.0.0.1:1, weight: much}":        "line 1: text `much` where a whole number is expected",
		"- {address: 10.0.0.1:1, token: \"a\\nb\"}":    `token "a\nb" has a character that is not printable`,
		"- {address: 10.0.0.1:1, labels: [a]}":         `line 1: a list`,
		"- {zone: z}":                                  `address "" is not IP:port`,
		"- [10.0.0.1:1]":                               `line 1: a list`,
		"{address: 10.0.0.1:1}":                        `line 1: a map where a list is expected`,
		"backends: [10.0.0.1:1]":                       `line 1: a map where a list is expected`,
		"10.0.0.1:1":                                   `line 1: text`,
		"- 10.0.0.1:1\n- ":                             `line 2: [1]: has no value`,
		"[&a 10.0.0.1:1, *a]":                          `anchors and aliases are not allowed`,
		"[]\n---\n[]":                                  `line 2: a second document`,
		strings.Repeat("[", 100_000):                   `b.yaml: `,
		strings.Repeat("- greeter\n", 1000):            `and 980 more`,
		"- {address: 10.0.0.1:1, address: 10.0.0.2:1}": `already defined`,
	} {
		all, err := parseList(config.Source{File: "b.yaml"}, []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: it reads %v, %.300v; want %q", text, addresses(all), err, want)
		}
	}
}

// What is told of each reading.
func TestSource_File_Tells(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	c := &file{}
	r, tell := c.read(at(500), []byte("[10.0.0.1:1]"), nil)
	if !tell || r.Err != nil {
		t.Errorf("it tells %+v", r)
	}
	again, tell := c.read(at(3050), []byte("[10.0.0.1:1]"), nil)
	if !tell || !again.Same(r) || !again.At.Equal(at(3050)) {
		t.Errorf("the same text is told as %+v", again)
	}
	again, tell = c.read(at(3050), []byte("- 10.0.0.1:1"), nil)
	if !tell || !again.Same(r) {
		t.Errorf("another text that says the same is told as %+v", again)
	}
	for n, want := range []bool{true, false} {
		if r, tell := c.read(at(4000), nil, fs.ErrNotExist); tell != want {
			t.Errorf("error %d is told: %v, %v", n, tell, r)
		}
	}
	if again, tell = c.read(at(5000), []byte("- 10.0.0.1:1"), nil); !tell || !again.Same(r) {
		t.Errorf("after the error it tells %+v", again)
	}
}

// FuzzParseList: no text makes the program panic, and what is read is in order.
func FuzzParseList(f *testing.F) {
	for _, text := range []string{"[10.0.0.1:1]", "- {address: '[::1]:1', weight: 3, labels: {a: b}}", "- &a [*a]", "- {? a : b}", "- !!binary aGk="} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := parseList(config.Source{File: "f"}, text)
		if err != nil {
			return
		}
		for _, b := range all {
			if again, err := backend.Normal(b); err != nil || again.Address != b.Address {
				t.Errorf("it reads %+v, which is %v", b, err)
			}
		}
	})
}
