package lbstream

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
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

// The details of a status may be as long as its text, and nobody asks for them.
func TestSecure_HostileStatusHasNoDetails(t *testing.T) {
	long, err := status.New(codes.Unavailable, "no").WithDetails(wrapperspb.String(strings.Repeat("x", 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	got := brief(long.Err())
	if s := status.Convert(got); len(s.Details()) > 0 || s.Code() != codes.Unavailable || s.Message() != "no" {
		t.Errorf("%.100v with %d details", got, len(s.Details()))
	}
}
