// Package terminal makes what others wrote safe to print.
package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Clean returns the text with a question mark for each character that can't be seen, so that it
// can't move the cursor, change colours, turn the direction of writing or begin a new line.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// Cut returns the text, or the beginning of one that has more than so many bytes.
func Cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Lines is Clean for a text of several lines.
func Lines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.Join(lines, "\n")
}

// JSON returns the text of a JSON value with escapes for the characters that can't be seen. It means
// the same.
func JSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsPrint(r) || r == '\n':
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
