package redact

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSecure_NoPasswordOfAURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://10.0.0.1:2379":               "https://10.0.0.1:2379",
		"http://ann:hunter2@10.0.0.1:2379":    "http://…@10.0.0.1:2379",
		"http://ann:hun@ter2@10.0.0.1:2379":   "http://…@10.0.0.1:2379",
		"http://ann:hun/ter?2@10.0.0.1:2379":  "http://…@10.0.0.1:2379",
		"http:/ann:hunter2@10.0.0.1:2379":     "…@10.0.0.1:2379",
		"ann:hunter2@10.0.0.1:2379":           "…@10.0.0.1:2379",
		"ann:hunter2://x@h":                   "…@h",
		"http://10.0.0.1:2379/?token=hunter2": "http://10.0.0.1:2379/?…",
		"http://10.0.0.1:2379/#hunter2":       "http://10.0.0.1:2379/#…",
		"http://ann:hunter2@h?token=hunter2":  "http://…@h?…",
		"":                                    "",
	} {
		if got := URL(in); got != want {
			t.Errorf("URL(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		`parse "http://ann:hunter2@h:1": bad, then https://u:p@g`: `parse "http://…@h:1": bad, then https://…@g`,
		"http:/ann:hunter2@h":            "http://…@h",
		"drained by ann@desk, https://h": "drained by ann@desk, https://h",
		"https://h by ann@desk":          "https://h by ann@desk",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: Attr}))
	log.With("a", "http://u:hunter2@h").WithGroup("g").Info("at http://u:hunter2@h", "why", errors.New("at http://u:hunter2@h"), "n", 5, "who", "ann@desk")
	if text := out.String(); strings.Contains(text, "hunter2") || strings.Count(text, "http://…@h") != 3 || !strings.Contains(text, "g.n=5") || !strings.Contains(text, "who=ann@desk") {
		t.Error(text)
	}
}
