package terminal

import (
	"encoding/json"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const evil = "a\x1b[31mb\u009bc\u202ed\u200be\u2028f\x7fg\tg\U000e0041h\xffé 漢\n"

func TestClean(t *testing.T) {
	if got, want := Clean(evil), "a?[31mb?c?d?e?f?g?g?h\ufffdé 漢?"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Lines("a\x1b\nb\r\n"), "a?\nb?\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCut(t *testing.T) {
	for text, want := range map[string]string{"": "", "abcd": "abcd", "abcde": "abcd…", "abcé": "abc…"} {
		if got := Cut(text, 4); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// JSON means the same afterwards.
func TestJSON(t *testing.T) {
	text, err := json.Marshal(map[string]string{"k": evil})
	if err != nil {
		t.Fatal(err)
	}
	got := JSON(string(text))
	var before, after map[string]string
	if json.Unmarshal(text, &before) != nil || json.Unmarshal([]byte(got), &after) != nil || before["k"] != after["k"] {
		t.Errorf("%q", got)
	}
	if Clean(got) != got {
		t.Errorf("%q has characters that can't be seen", got)
	}
}
