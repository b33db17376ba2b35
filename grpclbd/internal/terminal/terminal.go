// Package terminal makes what others wrote safe to print.
package terminal

import "strings"

// Clean returns the text with a question mark for each control character, so that it
// can't move the cursor, change colours or begin a new line.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}
