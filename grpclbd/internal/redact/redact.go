// Package redact takes secrets out of texts that are printed: a URL may have a password.
package redact

import (
	"log/slog"
	"regexp"
	"strings"
)

// userOfURL finds the user and the password of URLs in a text, up to the last at sign of a word.
var userOfURL = regexp.MustCompile(`:/[^\s"'` + "`" + `]*@`)

// Text returns the text without the user and the password of each URL in it.
func Text(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	return userOfURL.ReplaceAllString(text, "://…@")
}

// URL returns a text that is meant to be a URL or an address, without what may be secret in it if it
// is one, or nearly one: a user and a password, a query, a fragment.
func URL(text string) string {
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		scheme := ""
		if name, _, found := strings.Cut(text, "://"); found && !strings.ContainsAny(name, "@:/") {
			scheme = name + "://"
		}
		text = scheme + "…" + text[i:]
	}
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		text = text[:i+1] + "…"
	}
	return text
}

// Attr is for slog.HandlerOptions: no text of a log has the password of a URL.
func Attr(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Text(v.String()))
	case slog.KindAny:
		if err, is := v.Any().(error); is {
			a.Value = slog.StringValue(Text(err.Error()))
		}
	}
	return a
}
