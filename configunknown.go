package grpclb

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc/balancer"
)

// A line of the log names so many unknown fields, and of each name so many bytes.
const (
	unknownNamed  = 8
	unknownLength = 40
)

// unknownFields names the fields of a config that nobody reads, for the log: a
// name that is misspelt is one of them, and its value counts for nothing.
func unknownFields(text json.RawMessage) string {
	var c Config
	names := strangers(text, c.fields(), "")
	more := len(names) - unknownNamed
	if more > 0 {
		names = append(names[:unknownNamed], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// strangers returns, in quotes, the names in a document that are not among the
// fields, and those in the documents within.
func strangers(text json.RawMessage, fields []field, within string) (names []string) {
	var document map[string]json.RawMessage
	if json.Unmarshal(text, &document) != nil {
		return nil
	}
	for _, f := range fields {
		if inner, ok := f.set.(interface{ fields() []field }); ok {
			names = append(names, strangers(document[f.name], inner.fields(), within+f.name+".")...)
		}
		delete(document, f.name)
	}
	for _, name := range slices.Sorted(maps.Keys(document)) {
		names = append(names, fmt.Sprintf("%q", within+name[:min(len(name), unknownLength)]))
	}
	return names
}

// unknownOf returns the unknown fields of an update's config.
func unknownOf(s balancer.ClientConnState) string {
	if c, ok := s.BalancerConfig.(*parsedConfig); ok {
		return c.unknown
	}
	return ""
}

// remarkUnknown remarks on the unknown fields of a config, when they come up.
func (m *machine) remarkUnknown(unknown string) {
	if unknown != "" && unknown != m.unknown {
		m.remark(aboutConfig, "unknown fields of the service config are ignored: %s", unknown)
	}
	m.unknown = unknown
}
