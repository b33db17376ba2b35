package strict

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type part struct {
	Name  string        `yaml:"name"`
	Size  int           `yaml:"size"`
	After time.Duration `yaml:"after"`
}

type whole struct {
	Parts []part            `yaml:"parts"`
	Map   map[string]string `yaml:"map"`
}

func TestDecode(t *testing.T) {
	var w whole
	d, err := Decode("f.yaml", []byte("# what it is\nparts:\n- name: a\n  after: 5s\n- {size: 3}\nmap: {10.0.0.0/8: z}\n"), &w)
	if err != nil {
		t.Fatal(err)
	}
	if w.Parts[0].After != 5*time.Second || w.Parts[1].Size != 3 || w.Map["10.0.0.0/8"] != "z" {
		t.Errorf("decoded %+v", w)
	}
	if !d.Has("parts[0].after") || d.Has("parts[0].size") || !d.Has("parts[1]") {
		t.Error("Has is wrong")
	}
	for path, want := range map[string]string{
		"parts[1].size":    "f.yaml: line 5: parts[1].size: no",
		"parts[0].size":    "f.yaml: line 3: parts[0].size: no",
		"other":            "f.yaml: other: no",
		"parts[0].after.x": "f.yaml: line 4: parts[0].after.x: no",
	} {
		if got := d.Errorf(path, "no").Error(); got != want {
			t.Errorf("%s: error %q, want %q", path, got, want)
		}
	}
}

func TestDecode_Refuses(t *testing.T) {
	for text, want := range map[string]string{
		"part: []":                              `f.yaml: line 1: unknown field "part"`,
		"parts:\n- nam: a":                      `f.yaml: line 2: unknown field "nam"`,
		"parts:\n- name: a\n  name: b":          `f.yaml: line 3: mapping key "name" already defined at line 2`,
		"parts:\n- size: many":                  "f.yaml: line 2: text `many` where a whole number is expected",
		"parts:\n- size: 1.5":                   "f.yaml: line 2: parts[0].size: 1.5 is not a whole number",
		"parts:\n- size: .inf":                  "f.yaml: line 2: parts[0].size: .inf is not a whole number",
		"parts:\n- after: 5":                    "f.yaml: line 2: a number `5` where a time with its unit",
		"parts:\n- after: soon":                 "f.yaml: line 2:",
		"parts:\n":                              "f.yaml: line 1: parts: has no value",
		"parts: 3":                              "f.yaml: line 1: a number `3` where a list is expected",
		"- a":                                   "f.yaml: line 1: a list where a map is expected",
		"":                                      "f.yaml: it is empty",
		"# nothing\n":                           "f.yaml: it is empty",
		"parts: []\n---\nparts: []":             "f.yaml: line 2: a second document",
		"parts: [":                              "f.yaml: line 1:",
		"parts:\n\t- name: a":                   "f.yaml: line 2:",
		"parts: &p [{size: 1}]\nmap: *p":        "f.yaml: line 1: parts: anchors and aliases",
		"x: &a [*a]":                            "anchor",
		"parts:\n- size: 99999999999999999999":  "f.yaml: line 2:",
		"parts:\n- size: -99999999999999999999": "f.yaml: line 2:",
		"\xff\xfe":                              "f.yaml:",
		"\x00":                                  "f.yaml:",
		"---\n":                                 "f.yaml: it is empty",
		"null":                                  "f.yaml: it is empty",
		"&a {map: {}}":                          "f.yaml: line 1: anchors and aliases",
		"1.5":                                   "f.yaml: line 1: 1.5 is not a whole number",
		"map: {" + fields(10_001) + "}":         "f.yaml: line 1: map: has 10001 fields, and may have 10000",
		"map: {" + fields(100_000) + "}":        "f.yaml: line 1: map: has 100000 fields, and may have 10000",
	} {
		var w whole
		_, err := Decode("f.yaml", []byte(text), &w)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
		if err != nil && strings.Count(err.Error(), "\n") > 1 {
			t.Errorf("%q: the error has several lines: %v", text, err)
		}
	}
}

func fields(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "f%d: x, ", i)
	}
	return text.String()
}

// However many faults there are, the error is short: it is logged, and on the page.
func TestDecode_ManyFaults(t *testing.T) {
	for _, item := range []string{"~", "5", "1.5", "{x: y}", "&a b"} {
		var w whole
		_, err := Decode("f.yaml", []byte("parts: ["+strings.Repeat(item+", ", 10_000)+"]"), &w)
		if err == nil || strings.Count(err.Error(), "\n") != maxFaults || !strings.HasSuffix(err.Error(), "and 9980 more") {
			t.Errorf("%s: error %.200v", item, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{"parts: [{name: a, size: 3, after: 1h}]", "map: {a: b}", "a: &a [*a]", "- - -", "? a\n: b", "parts: !!int 3"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var w whole
		if _, err := Decode("f", text, &w); err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
	})
}
