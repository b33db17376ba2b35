package strict

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/actorlb/grpclb/grpclbd/internal/redact"
)

// A Document is a YAML document that was decoded. It knows which fields were given, and where.
// Fields have paths such as services[0].health.interval.
type Document struct {
	name string
	body *yaml.Node
}

// Has reports whether the document has the field.
func (d *Document) Has(path string) bool {
	_, rest := lineOf(d.body, path)
	return rest == ""
}

// Errorf returns an error about the field. It names the line of the field, or, if the
// document does not have it, of the closest one around it.
func (d *Document) Errorf(path, format string, args ...any) error {
	text := redact.Text(fmt.Sprintf(format, args...))
	line, rest := lineOf(d.body, path)
	missing := rest == path
	if strings.Contains(path, "@") {
		path = redact.URL(path) // a URL with a password was written where a name is expected
	}
	switch {
	case path == "":
		return fmt.Errorf("%s: line %d: %s", d.name, line, text)
	case missing:
		return fmt.Errorf("%s: %s: %s", d.name, path, text)
	}
	return fmt.Errorf("%s: line %d: %s: %s", d.name, line, path, text)
}

// lineOf returns the line of the field below a node, or of the closest one around it, and what the document does
// not have of its path.
func lineOf(n *yaml.Node, path string) (line int, rest string) {
	if path == "" {
		return n.Line, ""
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			if rest, is := below(path, n.Content[i].Value); is {
				return deeper(n.Content[i].Line, n.Content[i+1], rest)
			}
		}
	case yaml.SequenceNode:
		index, rest, _ := strings.Cut(strings.TrimPrefix(path, "["), "]")
		if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(n.Content) {
			return deeper(n.Content[i].Line, n.Content[i], strings.TrimPrefix(rest, "."))
		}
	}
	return n.Line, path
}

// deeper is lineOf for a value that begins at that line, which is that of its name if it has one.
func deeper(line int, n *yaml.Node, path string) (int, string) {
	found, rest := lineOf(n, path)
	if rest == path {
		return line, rest
	}
	return found, rest
}

// below reports whether the path is that of the field or of what is in it, and returns what is left of it then. Names
// may have dots.
func below(path, name string) (rest string, is bool) {
	rest, is = strings.CutPrefix(path, name)
	if !is || rest == "" {
		return rest, is
	}
	return strings.TrimPrefix(rest, "."), rest[0] == '.' || rest[0] == '['
}
