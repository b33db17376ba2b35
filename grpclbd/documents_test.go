package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

var testOfRule = regexp.MustCompile("`(Test[A-Za-z0-9_]+)` \\(([a-z.]+)\\)")

// Each test that docs/behaviour.md names is there.
func TestBehaviour_NamesTests(t *testing.T) {
	text, err := os.ReadFile("docs/behaviour.md")
	if err != nil {
		t.Fatal(err)
	}
	named := testOfRule.FindAllStringSubmatch(string(text), -1)
	if rows := strings.Count(string(text), "\n| `"); len(named) < rows || rows == 0 {
		t.Errorf("%d tests for %d rules", len(named), rows)
	}
	for _, m := range named {
		dir := filepath.Join("internal", m[2])
		if m[2] == "." || m[2] == "register" || m[2] == "deploy" {
			dir = m[2]
		}
		if !declares(t, dir, m[1]) {
			t.Errorf("%s is not a test of %s", m[1], dir)
		}
	}
}

func declares(t *testing.T, dir, test string) bool {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+test+"(") {
			return true
		}
	}
	return false
}

// README.md has each field of the configuration.
func TestReadme_Fields(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, found := strings.Cut(string(text), "\n## Configuration\n")
	tables, _, ended := strings.Cut(tables, "\n## ")
	if !found || !ended {
		t.Fatal("README.md has no section for the configuration")
	}
	for _, field := range fieldsOf(reflect.TypeFor[config.Config]()) {
		if !regexp.MustCompile(`\b` + field + `\b`).MatchString(tables) {
			t.Errorf("README.md has no field %s", field)
		}
	}
}

// fieldsOf returns the names of the fields of a type and of those within it.
func fieldsOf(of reflect.Type) (names []string) {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice:
		return fieldsOf(of.Elem())
	case reflect.Struct:
		for f := range of.Fields() {
			if name := f.Tag.Get("yaml"); name != "" {
				names = append(append(names, name), fieldsOf(f.Type)...)
			}
		}
	}
	return names
}
