package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestReplace(t *testing.T) {
	const text = "# Results\n" + beginMark + "old\n" + endMark + "the end\n"
	got, err := replace(text, "\nnew\n")
	if want := "# Results\n" + beginMark + "\nnew\n\n" + endMark + "the end\n"; err != nil || got != want {
		t.Errorf("replace = %q, %v, want %q", got, err, want)
	}
	again, err := replace(got, "new")
	if err != nil || again != got {
		t.Errorf("the second time: %q, %v, want no difference", again, err)
	}
}

func TestReplace_WithoutMarks(t *testing.T) {
	for _, text := range []string{"", beginMark, endMark} {
		if _, err := replace(text, "new"); !errors.Is(err, errNoMarks) {
			t.Errorf("%q: %v, want %v", text, err, errNoMarks)
		}
	}
}

// The document of this repository has a place for the tables.
func TestReplace_Results(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "RESULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replace(string(text), "new"); err != nil {
		t.Error(err)
	}
}

func TestWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "RESULTS.md")
	if err := os.WriteFile(file, []byte(beginMark+endMark), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := write(file, "a note", "tables"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if want := beginMark + "\na note\ntables\n\n" + endMark; err != nil || string(got) != want {
		t.Errorf("wrote %q, %v, want %q", got, err, want)
	}
	if err := write(filepath.Join(t.TempDir(), "missing.md"), "", "tables"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("writing where there is no document: %v, want %v", err, os.ErrNotExist)
	}
}
