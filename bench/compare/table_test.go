package main

import (
	"os"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	table := table{version: "v1"}
	table.add(scene{"01_a.b", "a.b", "it rains | or not"}, verdict{true, "it rains"}, verdict{false, "<nil>"})
	table.add(scene{"02_c.d", "c.d", "it pours"}, verdict{true, strings.Repeat("x", 200)}, verdict{true, ""})
	want := strings.Join([]string{
		"| rule | what should happen | this policy | grpc-go's grpclb |",
		"|---|---|---|---|",
		"| `a.b` | it rains \\| or not | holds: it rains | **breaks**: &lt;nil&gt; |",
		"| `c.d` | it pours | holds: " + strings.Repeat("x", longest) + " … | holds:  |",
		"",
		"2 rows: this policy holds 2, grpc-go's grpclb (v1) holds 1.",
		"",
	}, "\n")
	if got := table.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

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

// Each scene is a row of its own, for one of the rules.
func TestScenes_AreNamed(t *testing.T) {
	seen := make(map[string]bool)
	for i, p := range parts() {
		if p.rule == "" || p.should == "" || strings.ContainsAny(p.should, separator+"\n") {
			t.Errorf("scene %d: rule %q, should %q", i+1, p.rule, p.should)
		}
		if seen[p.rule+p.should] {
			t.Errorf("two scenes for %s: %s", p.rule, p.should)
		}
		seen[p.rule+p.should] = true
	}
}
