package main

import (
	"errors"
	"strings"
)

// The marks between which a document has the tables.
const (
	beginMark = "<!-- measured: written by make results -->\n"
	endMark   = "<!-- /measured -->\n"
)

var errNoMarks = errors.New("no place for the tables: want " + strings.TrimSpace(beginMark) + " and " + strings.TrimSpace(endMark))

// replace returns text with the tables in the place of what is between the
// marks.
func replace(text, tables string) (string, error) {
	before, rest, begun := strings.Cut(text, beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !begun || !ended {
		return "", errNoMarks
	}
	return before + beginMark + "\n" + strings.TrimSpace(tables) + "\n\n" + endMark + after, nil
}
