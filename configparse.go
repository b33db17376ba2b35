package grpclb

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/oneline"
)

// A parsedConfig is a Config and what was found out about it. It is made once for each
// service config. gRPC passes it on with each update of the resolver.
type parsedConfig struct {
	serviceconfig.LoadBalancingConfig
	Config

	child    *hosted.Child // the policy that ChildPolicy selects; nil: the group's own rotation
	childErr error         // why ChildPolicy selects no policy, or nil
	unknown  string        // the names of the unknown fields, for the log
}

// ParseConfig reads a configuration from JSON. Fields that are missing get the builder's
// defaults. Unknown fields are ignored, and a channel that uses the config logs their
// names. If a value is invalid, the error names its field. gRPC calls ParseConfig for every
// service config.
func (b *Builder) ParseConfig(text json.RawMessage) (serviceconfig.LoadBalancingConfig, error) {
	if b.refused != nil {
		return nil, b.refused
	}
	c, err := parseConfig(text, b.defaults)
	if err != nil {
		return nil, fmt.Errorf("grpclb: %w", err)
	}
	return c, nil
}

// parseConfig reads the fields that text has into a copy of defaults. It is an error if no
// child policy that text names is registered. That of the defaults is checked when a
// channel uses it.
func parseConfig(text []byte, defaults Config) (*parsedConfig, error) {
	c := defaults
	unknown, err := c.fields().read(text, "")
	p := withChild(c)
	p.unknown = unknownNames(unknown)
	err = oneline.Join(err, c.fields().check())
	if c.ChildPolicy != defaults.ChildPolicy {
		err = oneline.Join(err, p.childErr)
	}
	return p, err
}

// withChild finds out which child policy c selects.
func withChild(c Config) *parsedConfig {
	p := &parsedConfig{Config: c}
	var err error
	if p.child, err = childOf(c.ChildPolicy); err != nil {
		p.childErr = fmt.Errorf("field childPolicy: %w", err)
	}
	return p
}

// String returns c as the JSON of a service config. If a value can't be written as JSON, such as
// a multiplier of NaN, the result is a text that says so.
func (c Config) String() string {
	var text, compact bytes.Buffer
	if err := c.fields().write(&text); err != nil {
		return fmt.Sprintf("a config that is no JSON: %v", err)
	}
	if err := json.Compact(&compact, text.Bytes()); err != nil {
		panic("BUG: JSON was written that is not JSON: " + err.Error())
	}
	return compact.String()
}
