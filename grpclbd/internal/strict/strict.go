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

	"github.com/actorlb/grpclb/grpclbd/internal/redact"
)

// Decode reads one document into v, a pointer. Its name is for errors: a file, or where else
// the text comes from.
func Decode(name string, text []byte, v any) (*Document, error) {
	body, err := only(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, plain(err))
	}
	d := &Document{name, body}
	look := &look{document: d}
	look.at(body, nil)
	if err := look.err(); err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(v); err != nil {
		return nil, readable(name, err)
	}
	return d, nil
}

// maxFaults is how many faults an error lists: it is logged, and on the page.
const maxFaults = 20

// Join joins some of the faults and counts the others.
func Join(faults []error) error {
	some := min(len(faults), maxFaults)
	return join(faults[:some:some], len(faults)-some)
}

func join(faults []error, more int) error {
	if more > 0 {
		faults = append(faults, fmt.Errorf("and %d more", more))
	}
	return errors.Join(faults...)
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
	if body := first.Content[0]; body.Tag != "!!null" {
		return body, nil
	}
	return nil, errors.New("it is empty")
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
	return Join(faults)
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
	text := redact.Text(strings.TrimPrefix(err.Error(), "yaml: "))
	text = unknown.ReplaceAllString(text, `unknown field "$1"`)
	if m := another.FindStringSubmatch(text); m != nil {
		value := m[2]
		if strings.HasSuffix(value, "...` ") {
			value = "" // the beginning of a long text, which may be a secret that is in a wrong place
		}
		text = strings.Replace(text, m[0], fmt.Sprintf("%s %swhere %s is expected", words(m[1]), value, words(m[3])), 1)
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
