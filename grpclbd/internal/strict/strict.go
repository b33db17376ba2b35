// Package strict reads YAML in which nothing may be misspelt: an unknown field, a field that
// is given twice, a value of another type, a field without a value and a second document are
// errors that name file, line and field.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Document is a YAML document that was decoded. It knows which fields were given, and where.
// Fields have paths such as services[0].health.interval.
type Document struct {
	name  string
	lines map[string]int // path → line, from 1
}

// Decode reads one document into v, a pointer. Its name is for errors: a file, or where else
// the text comes from.
func Decode(name string, text []byte, v any) (*Document, error) {
	body, err := only(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, plain(err))
	}
	d := &Document{name: name, lines: map[string]int{}}
	if problems := d.note("", body); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(v); err != nil {
		return nil, readable(name, err)
	}
	return d, nil
}

// only returns the one document of a text.
func only(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if err := decoder.Decode(&first); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	} else if err != nil {
		return nil, err
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("line %d: a second document; there must be one", second.Line)
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return first.Content[0], nil
}

// note remembers the line of each field below a node, and returns what no field may be.
func (d *Document) note(path string, n *yaml.Node) (problems []error) {
	if _, has := d.lines[path]; !has {
		d.lines[path] = n.Line
	}
	refuse := func(format string, args ...any) {
		problems = append(problems, d.Errorf(path, format, args...))
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		refuse("anchors and aliases are not allowed")
	case n.Kind == yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Tag == "!!merge" {
				refuse("<< is not allowed")
			}
			inner := strings.TrimPrefix(path+"."+key.Value, ".")
			if _, has := d.lines[inner]; !has {
				d.lines[inner] = key.Line
			}
			problems = append(problems, d.note(inner, n.Content[i+1])...)
		}
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			problems = append(problems, d.note(fmt.Sprintf("%s[%d]", path, i), item)...)
		}
	case n.Tag == "!!null":
		refuse("has no value")
	case n.Tag == "!!float":
		refuse("%s is not a whole number", n.Value)
	}
	return problems
}

// readable turns an error of the YAML library into one line for each fault.
func readable(name string, err error) error {
	var several *yaml.TypeError
	if !errors.As(err, &several) {
		return fmt.Errorf("%s: %w", name, plain(err))
	}
	var faults []error
	for _, fault := range several.Errors {
		faults = append(faults, fmt.Errorf("%s: %w", name, plain(errors.New(fault))))
	}
	return errors.Join(faults...)
}

var (
	unknown = regexp.MustCompile(`field (.*) not found in type .*`)
	another = regexp.MustCompile("cannot unmarshal (!!\\w+) (`.*` )?into (.*)")
	plainly = map[string]string{
		"!!str": "text", "!!int": "a number", "!!bool": "true or false", "!!map": "a map", "!!seq": "a list", "!!timestamp": "a date",
		"int": "a whole number", "bool": "true or false", "string": "text", "time.Duration": "a time with its unit, such as 5s,",
	}
)

// plain says in the words of YAML what the library says in those of Go.
func plain(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = unknown.ReplaceAllString(text, `unknown field "$1"`)
	if m := another.FindStringSubmatch(text); m != nil {
		text = strings.Replace(text, m[0], fmt.Sprintf("%s %swhere %s is expected", words(m[1]), m[2], words(m[3])), 1)
	}
	return errors.New(text)
}

// words says in plain words what a type of YAML or Go is.
func words(kind string) string {
	if text, has := plainly[kind]; has {
		return text
	}
	if strings.HasPrefix(kind, "[]") {
		return "a list"
	}
	return "a map"
}

// Has reports whether the document has the field.
func (d *Document) Has(path string) bool {
	_, has := d.lines[path]
	return has
}

// Errorf returns an error about the field. It names the line of the field, or, if the
// document does not have it, of the closest one around it.
func (d *Document) Errorf(path, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	for around := path; around != ""; around = parent(around) {
		if line, has := d.lines[around]; has {
			return fmt.Errorf("%s: line %d: %s: %s", d.name, line, path, text)
		}
	}
	return fmt.Errorf("%s: %s: %s", d.name, path, text)
}

// parent returns the path of what the field is in.
func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }
