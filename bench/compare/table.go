package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// A table has the rows that have been played, ready to be printed.
type table struct {
	rows       []string
	ours, peer int    // how many rows each holds
	version    string // of grpc-go
}

// newTable returns a table without rows, for the grpc-go that this module is
// built with.
func newTable(ctx context.Context) (*table, error) {
	version, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", "google.golang.org/grpc").Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the version of grpc-go: %w", err)
	}
	return &table{version: strings.TrimSpace(string(version))}, nil
}

func (t *table) add(s scene, ours, peer verdict) {
	t.rows = append(t.rows, fmt.Sprintf("| `%s` | %s | %s | %s |", s.rule, cell(s.should), ours, peer))
	if ours.holds {
		t.ours++
	}
	if peer.holds {
		t.peer++
	}
}

// String is the table in Markdown, and below it the sums.
func (t *table) String() string {
	var b strings.Builder
	b.WriteString("| rule | what should happen | this policy | grpc-go's grpclb |\n|---|---|---|---|\n")
	for _, r := range t.rows {
		fmt.Fprintln(&b, r)
	}
	fmt.Fprintf(&b, "\n%d rows: this policy holds %d, grpc-go's grpclb (%s) holds %d.\n",
		len(t.rows), t.ours, t.version, t.peer)
	return b.String()
}

// String is a cell of the table.
func (v verdict) String() string {
	word := "**breaks**"
	if v.holds {
		word = "holds"
	}
	return word + ": " + cell(v.seen)
}

// longest is how much of an error's text goes into a cell, in bytes.
const longest = 150

// cell is text that does not end the cell it is in.
func cell(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "|", "\\|")
	text = strings.NewReplacer("\n", " ", "<", "&lt;", ">", "&gt;").Replace(text)
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + " …"
	}
	return text
}
