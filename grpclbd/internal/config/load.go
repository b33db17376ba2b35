package config

import (
	"fmt"
	"os"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/strict"
	"github.com/actorlb/grpclb/grpclbd/internal/textfile"
)

// Read reads a file. The error names each fault with its line and field.
func Read(path string) (*Config, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := textfile.Bounded(path, file)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse is Read for a text that has been read. The name is for errors.
func Parse(name string, text []byte) (*Config, error) {
	c := &Config{}
	doc, err := strict.Decode(name, text, c)
	if err != nil {
		return nil, err
	}
	c.fill(doc.Has)
	k := &check{fault: doc.Errorf}
	k.config(c)
	return c, strict.Join(k.faults)
}

// FromFlags returns the configuration of a first try: services given as
// NAME=IP:PORT,IP:PORT…, and all else by default.
func FromFlags(services []string) (*Config, error) {
	c := &Config{}
	for _, s := range services {
		name, backends, found := strings.Cut(s, "=")
		if !found || backends == "" {
			return nil, fmt.Errorf("-service %q is not NAME=IP:PORT,IP:PORT…", s)
		}
		c.Services = append(c.Services, Service{Name: name, Sources: []Source{{Static: strings.Split(backends, ",")}}})
	}
	c.fill(func(string) bool { return false })
	k := &check{fault: func(path, format string, args ...any) error {
		return fmt.Errorf("-service: %s: %s", path, fmt.Sprintf(format, args...))
	}}
	k.config(c)
	return c, strict.Join(k.faults)
}

// Check checks a configuration of which fields were changed after it was read.
func (c *Config) Check() error {
	k := &check{fault: func(path, format string, args ...any) error {
		return fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...))
	}}
	k.config(c)
	return strict.Join(k.faults)
}
