package lbstream

import (
	"errors"
	"strings"
	"testing"
)

// What a balancer says when it hangs up goes into logs and errors: in one line,
// and not a long one.
func TestSecure_HostileStatusIsBrief(t *testing.T) {
	long := strings.Repeat("x", 512)
	for _, c := range []struct{ text, want string }{
		{"gone", "gone"},
		{"geschlossen: für heute", "geschlossen: für heute"},
		{long, long},
		{long + "yz", `"` + long + `" and 2 bytes more`},
		{"gone\n[core] all is well", `"gone\n[core] all is well"`},
		{"\x1b[2J", `"\x1b[2J"`},
		{strings.Repeat("\x01", 500), `"` + strings.Repeat(`\x01`, 128) + `" and 372 bytes more`},
		{"\xff", `"\xff"`},
	} {
		if got := brief(errors.New(c.text)).Error(); got != c.want {
			t.Errorf("brief(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
