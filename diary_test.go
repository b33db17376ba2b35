package grpclb

import (
	"strings"
	"testing"
	"time"
)

// A hundred remarks a second are a line a second; what is left out is counted,
// and one topic does not silence another.
func TestSecure_HostileRemarksAreNoFlood(t *testing.T) {
	var d diary
	now := time.Unix(0, 0)
	var lines []string
	for range 301 {
		if l, due := d.line(remark{aboutTokens, "a token"}, now); due {
			lines = append(lines, l)
		}
		now = now.Add(10 * time.Millisecond)
	}
	if got, want := strings.Join(lines, "|"), "a token"+strings.Repeat("|a token (99 similar lines were left out)", 3); got != want {
		t.Errorf("lines: %s\nwant: %s", got, want)
	}
	if l, due := d.line(remark{aboutFallback, "in fallback"}, now); !due || l != "in fallback" {
		t.Errorf("another topic: %q, %v", l, due)
	}
}
