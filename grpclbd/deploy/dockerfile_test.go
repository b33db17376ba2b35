package deploy

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An instruction is a line of a Dockerfile.
type instruction struct{ word, rest string }

// dockerfile returns the instructions of each stage.
func dockerfile(t *testing.T) (build, image []instruction) {
	t.Helper()
	var stages [][]instruction
	for line := range strings.Lines(read(t, "Dockerfile")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if !slices.Contains([]string{"FROM", "WORKDIR", "COPY", "ARG", "RUN", "ENV", "USER", "EXPOSE", "ENTRYPOINT", "CMD"}, word) {
			t.Fatalf("%q is no instruction that is known here", line)
		}
		if word == "FROM" {
			stages = append(stages, nil)
		}
		i := len(stages) - 1
		stages[i] = append(stages[i], instruction{word, rest})
	}
	if len(stages) != 2 {
		t.Fatalf("%d stages", len(stages))
	}
	return stages[0], stages[1]
}

// all returns what the instructions of a kind say.
func all(instructions []instruction, word string) (rest []string) {
	for _, i := range instructions {
		if i.word == word {
			rest = append(rest, i.rest)
		}
	}
	return rest
}

// The image has the program, its folders and nothing else, and runs as a user that is not root.
func TestDockerfile_Image(t *testing.T) {
	build, image := dockerfile(t)
	if from := all(image, "FROM"); from[0] != "scratch" {
		t.Errorf("the image is made of %q", from)
	}
	if from := all(build, "FROM"); from[0] != "golang:"+goVersion(t)+" AS build" {
		t.Errorf("it is built by %q, go.mod wants Go %s", from, goVersion(t))
	}
	if user := all(image, "USER"); len(user) != 1 || !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user[0]) {
		t.Errorf("it runs as %q; Kubernetes needs a number to see that it is not root", user)
	} else if s := load(t).pod().SecurityContext; user[0] != fmt.Sprintf("%d:%d", *s.RunAsUser, *s.RunAsGroup) {
		t.Errorf("it runs as %s, in Kubernetes as %d:%d", user[0], *s.RunAsUser, *s.RunAsGroup)
	}
	program := words(t, all(image, "ENTRYPOINT"))
	if !slices.ContainsFunc(all(image, "COPY"), func(c string) bool { return strings.HasSuffix(c, "/out/grpclbd "+program[0]) }) {
		t.Errorf("%q is not copied into the image", program)
	}
	if cmd := words(t, all(image, "CMD")); !slices.Equal(cmd, load(t).container().Args) {
		t.Errorf("it runs with %q", cmd)
	}
	if len(all(image, "RUN")) > 0 {
		t.Error("there is no shell in the image that could run something")
	}
}

// words are those of an instruction in the form that needs no shell.
func words(t *testing.T, rest []string) (all []string) {
	t.Helper()
	if len(rest) != 1 || json.Unmarshal([]byte(rest[0]), &all) != nil || len(all) == 0 {
		t.Fatalf("%q is not a list of words", rest)
	}
	return all
}

// goVersion is that of grpclbd/go.mod, without the last number.
func goVersion(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	if found == nil {
		t.Fatal("grpclbd/go.mod names no version of Go")
	}
	return found[1]
}

// The commands of the build, run here, make a program that needs no other file, runs and
// accepts the configuration beside it.
func TestDockerfile_Build(t *testing.T) {
	build, _ := dockerfile(t)
	out := t.TempDir()
	for _, run := range all(build, "RUN") {
		c := exec.CommandContext(t.Context(), "sh", "-ec", strings.ReplaceAll(run, "/out", out))
		c.Dir = "../.." // the root of the clone, which is copied into WORKDIR
		c.Env = append(os.Environ(), "TARGETOS=", "TARGETARCH=")
		if text, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", run, err, text)
		}
	}
	program := filepath.Join(out, "grpclbd")
	static(t, program)
	text, err := exec.CommandContext(t.Context(), program, "check", "grpclbd.yaml").CombinedOutput()
	if err != nil || !strings.Contains(string(text), "no faults") {
		t.Errorf("check: %v\n%s", err, text)
	}
}

// static checks that a program needs neither a dynamic linker nor a library.
func static(t *testing.T, program string) {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program has a segment %v: scratch has no dynamic linker", p.Type)
		}
	}
	if libraries, err := f.ImportedLibraries(); err == nil && len(libraries) > 0 {
		t.Errorf("the program needs %q", libraries)
	}
}

// What the stages copy of the clone is there.
func TestDockerfile_Copies(t *testing.T) {
	build, _ := dockerfile(t)
	for _, c := range all(build, "COPY") {
		names := strings.Fields(c)
		for _, name := range names[:len(names)-1] {
			if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
				t.Error(err)
			}
		}
	}
}
