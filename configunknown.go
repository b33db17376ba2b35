package grpclb

import (
	"fmt"
	"strings"
)

// A log line has at most this many names of unknown fields, and of each name at most this many
// bytes.
const (
	unknownNamed  = 8
	unknownLength = 40
)

// unknownNames returns the names of unknown fields for the log.
func unknownNames(unknown []string) string {
	var text []string
	for _, name := range unknown[:min(len(unknown), unknownNamed)] {
		text = append(text, fmt.Sprintf("%q", name[:min(len(name), unknownLength)]))
	}
	if more := len(unknown) - len(text); more > 0 {
		text = append(text, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(text, ", ")
}

// remarkUnknown remarks on the unknown fields of a config, once while they stay the
// same. A misspelt field is one of them: its value has no effect.
func (m *machine) remarkUnknown(unknown string) {
	if unknown != "" && unknown != m.unknown {
		m.warnf(aboutConfig, "unknown fields of the service config are ignored: %s", unknown)
	}
	m.unknown = unknown
}
