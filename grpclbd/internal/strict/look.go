package strict

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// maxFields is how many fields a map may have. The time in which the YAML library looks for one that is given twice
// grows with the square of it: for 60,000 it is many seconds.
const maxFields = 10_000

// A place is where a node is: below an outer one, under a name, or, without a name, at an index.
type place struct {
	outer *place // nil: it is in the document itself
	name  string
	index int
}

// String returns the path. Paths are made for errors only: a document may have millions of nodes.
func (p *place) String() string {
	switch {
	case p == nil:
		return ""
	case p.name == "":
		return fmt.Sprintf("%v[%d]", p.outer, p.index)
	case p.outer == nil:
		return p.name
	}
	return p.outer.String() + "." + p.name
}

// A look collects what no field may be: the first faults, and how many more there are.
type look struct {
	document *Document
	faults   []error
	more     int
}

func (l *look) refuse(at *place, format string, args ...any) {
	if len(l.faults) == maxFaults {
		l.more++
		return
	}
	l.faults = append(l.faults, l.document.Errorf(at.String(), format, args...))
}

// err returns the faults; nil: there are none.
func (l *look) err() error { return join(l.faults, l.more) }

// at looks at a node and all below it.
func (l *look) at(n *yaml.Node, at *place) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		l.refuse(at, "anchors and aliases are not allowed")
	case n.Kind == yaml.MappingNode:
		l.fields(n, at)
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			l.at(item, &place{outer: at, index: i})
		}
	case n.Tag == "!!null":
		l.refuse(at, "has no value")
	case n.Tag == "!!float":
		l.refuse(at, "%s is not a whole number", n.Value)
	}
}

func (l *look) fields(n *yaml.Node, at *place) {
	if have := len(n.Content) / 2; have > maxFields {
		l.refuse(at, "has %d fields, and may have %d", have, maxFields)
		return
	}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Tag == "!!merge" {
			l.refuse(at, "<< is not allowed")
		}
		l.at(n.Content[i+1], &place{outer: at, name: key.Value})
	}
}
