package main

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// docs/compared.md has a row for each scene. Nobody checks what it says of
// grpc-go: for that there is the command.
func TestTable_IsInTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/compared.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts() {
		row := "| `" + p.rule + "` | " + cell(p.should) + " | holds: "
		if strings.Count(string(text), row) != 1 {
			t.Errorf("docs/compared.md has not this row, once: %s", row)
		}
	}
}

// A process that ended badly has not held the rule, whatever it said before.
func TestRead_BadEnds(t *testing.T) {
	const said = "=== RUN\nVERDICT\tholds\ta call waits\n"
	if v := read(said+"PASS\n", nil, false); !v.holds {
		t.Errorf("%+v", v)
	}
	exit := errors.New("exit status 2")
	for _, out := range []string{said, said + "panic: late\n", said + "    leaks.go:78: found goroutines\n", "", "panic: test timed out after 30s\n"} {
		if v := read(out, exit, false); v.holds {
			t.Errorf("%q: %+v", out, v)
		}
	}
	if v := read("PASS\n", nil, false); v.holds {
		t.Errorf("without a verdict: %+v", v)
	}
}
