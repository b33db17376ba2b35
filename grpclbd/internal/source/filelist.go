package source

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/strict"
	"github.com/actorlb/grpclb/grpclbd/internal/textfile"
)

// An entry is a backend as a file has it: an address, or a map.
type entry struct{ fields }

type fields struct {
	Address string            `yaml:"address"`
	Zone    string            `yaml:"zone"`
	Weight  *int              `yaml:"weight"`
	Token   string            `yaml:"token"`
	Labels  map[string]string `yaml:"labels"`
}

var fieldNames = []string{"address", "zone", "weight", "token", "labels"}

// UnmarshalYAML reads an entry. The YAML library does not look for unknown fields in a value
// that reads itself.
func (e *entry) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return n.Decode(&e.Address)
	}
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; !slices.Contains(fieldNames, key.Value) {
			// In the words of the library, which package strict knows how to say plainly.
			return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: field %s not found in type entry", key.Line, key.Value)}}
		}
	}
	return n.Decode(&e.fields)
}

// parseList reads the text of a file. The error names each fault with its line and field.
func parseList(cfg config.Source, text []byte) ([]backend.Backend, error) {
	var entries []entry
	doc, err := strict.Decode(cfg.File, text, &entries)
	if err != nil {
		return nil, err
	}
	if err := tooMany(len(entries)); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.File, err)
	}
	all := make([]backend.Backend, 0, len(entries))
	var faults []error
	for i, e := range entries {
		b, err := e.backend(cfg)
		if err != nil {
			faults = append(faults, doc.Errorf(fmt.Sprintf("[%d]", i), "%v", err))
		}
		all = append(all, b)
	}
	return all, strict.Join(faults)
}

func (e entry) backend(cfg config.Source) (backend.Backend, error) {
	b := backend.Backend{Address: e.Address, Zone: e.Zone, Token: e.Token, Labels: e.Labels}
	if e.Weight != nil {
		if err := backend.CheckWeight(*e.Weight); err != nil {
			return b, err // here 0 is not "left out"
		}
		b.Weight = *e.Weight
	}
	return complete(b, cfg)
}

// CheckFile returns what is wrong with the file of a source now.
func CheckFile(cfg config.Source) error {
	text, err := textfile.Read(cfg.File)
	if err == nil {
		_, err = parseList(cfg, text)
	}
	return err
}
