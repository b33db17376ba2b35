package tokens

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestToken_Entry(t *testing.T) {
	l := parse(backend(1, 80, "first"), backend(1, 80, "second"), backend(2, 80, "first"))
	checkEntries(t, l,
		wantEntry{addr: "10.0.0.1:80", token: "first"},
		wantEntry{addr: "10.0.0.1:80", token: "second"},
		wantEntry{addr: "10.0.0.2:80", token: "first"},
	)
	if l.WarningCount != 0 {
		t.Errorf("warnings %v about good tokens", l.Warnings)
	}
	// Entries with equal tokens share one map: what is written to one is in the other.
	l.Entries[0].Metadata().Set("lb-token", "changed")
	if got := l.Entries[2].Metadata().Get("lb-token"); got[0] != "changed" {
		t.Error("entries of equal token have metadata of their own")
	}
	if got := l.Entries[1].Metadata().Get("lb-token"); got[0] != "second" {
		t.Error("entries of different tokens share metadata")
	}
}

// A list in which only a token has changed is not equal to the one before.
func TestToken_ChangeIsAnotherList(t *testing.T) {
	old, new := parse(backend(1, 80, "a")), parse(backend(1, 80, "b"))
	if old.Equal(new) {
		t.Error("lists with different tokens for an address are equal")
	}
	checkEntries(t, new, wantEntry{addr: "10.0.0.1:80", token: "b"})
}

func TestToken_Empty(t *testing.T) {
	l := parse(backend(1, 80, "a"), backend(2, 80, ""))
	checkEntries(t, l, wantEntry{addr: "10.0.0.1:80", token: "a"}, wantEntry{addr: "10.0.0.2:80"})
	checkWarnings(t, l)
}

func TestToken_Invalid(t *testing.T) {
	notPrintable := func(n int) string {
		return fmt.Sprintf("token of %d bytes, not printable ASCII: the empty one is sent", n)
	}
	spaced := func(n int) string {
		return fmt.Sprintf("token of %d bytes, with a space at an end: the empty one is sent", n)
	}
	for _, c := range []struct{ name, token, sent, warning string }{
		{"first printable", "a b", "a b", ""},
		{"space before", " a", "", spaced(2)},
		{"space behind", "a ", "", spaced(2)},
		{"space alone", " ", "", spaced(1)},
		{"last printable", "a~", "a~", ""},
		{"newline", "a\nb", "", notPrintable(3)},
		{"control", "a\x1f", "", notPrintable(2)},
		{"delete", "a\x7f", "", notPrintable(2)},
		{"zero byte", "\x00", "", notPrintable(1)},
		{"high byte", "a\x80", "", notPrintable(2)},
		{"not ASCII", "jeton-é", "", notPrintable(8)},
		{"too long", strings.Repeat("x", 1025), "", "token of 1025 bytes, more than 1024: the empty one is sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := parse(backend(1, 80, c.token))
			checkEntries(t, l, wantEntry{addr: "10.0.0.1:80", token: c.sent})
			if c.warning == "" {
				checkWarnings(t, l)
			} else {
				checkWarnings(t, l, Remark{0, c.warning})
			}
			if l.RejectedCount != 0 {
				t.Errorf("rejected %v: a bad token must not cost the backend", l.Rejected)
			}
		})
	}
}

func TestToken_InvalidOverSpecificationIsSentAndSaidOnce(t *testing.T) {
	for length, warn := range map[int]string{
		49:   "",
		50:   "",
		51:   "token of 51 bytes, the specification allows less than 50 (said once for a list)",
		1024: "token of 1024 bytes, the specification allows less than 50 (said once for a list)",
	} {
		token := strings.Repeat("x", length)
		l := parse(backend(1, 80, "a"), backend(2, 80, token), backend(3, 80, token), drop(token))
		checkEntries(t, l,
			wantEntry{addr: "10.0.0.1:80", token: "a"},
			wantEntry{addr: "10.0.0.2:80", token: token},
			wantEntry{addr: "10.0.0.3:80", token: token},
			wantEntry{token: token, drop: true},
		)
		if warn == "" {
			checkWarnings(t, l)
		} else {
			checkWarnings(t, l, Remark{1, warn})
		}
	}
}

// The token of a drop is in reports and in no header, so it may have any bytes.
func TestToken_OfADropStaysAsSent(t *testing.T) {
	long := strings.Repeat("x", 5000)
	l := parse(drop(""), drop("a\nb"), drop("é"), drop(long))
	checkEntries(t, l,
		wantEntry{token: "", drop: true},
		wantEntry{token: "a\nb", drop: true},
		wantEntry{token: "é", drop: true},
		wantEntry{token: long, drop: true},
	)
	checkWarnings(t, l, Remark{3, "token of 5000 bytes, the specification allows less than 50 (said once for a list)"})
}

// checkWarnings compares all warnings of l, if they are few.
func checkWarnings(t *testing.T, l *List, want ...Remark) {
	t.Helper()
	if !slices.Equal(l.Warnings, want) || l.WarningCount != len(want) {
		t.Errorf("%d warnings %v, want %v", l.WarningCount, l.Warnings, want)
	}
}
