package grpclb

import (
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/hosted"
)

// ownRotation is the child policy that needs no child: the group itself picks the
// backends in turn.
const ownRotation = "round_robin"

// childOf returns the first policy of a childPolicy that is registered, with its config
// parsed. The text is a JSON list of objects with one key each: the name of a policy, whose
// value is its config. The result is nil if the group's own rotation is meant: for
// round_robin, an empty list and an empty text.
func childOf(text string) (*hosted.Child, error) {
	if text == "" {
		return nil, nil
	}
	var entries []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, err
	}
	for i, entry := range entries {
		if len(entry) != 1 {
			return nil, fmt.Errorf("entry %d has %d policies, want one", i, len(entry))
		}
		for name, config := range entry {
			if child, found, err := registered(name, config); found || err != nil {
				return child, err
			}
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	return nil, errors.New("none of the policies is registered")
}

// registered looks a policy up and parses its config.
func registered(name string, config json.RawMessage) (child *hosted.Child, found bool, err error) {
	builder := balancer.Get(name) // which may ignore the case of the name
	switch {
	case name == ownRotation || builder != nil && builder.Name() == ownRotation:
		return nil, true, nil
	case builder == nil:
		return nil, false, nil
	}
	if _, nested := builder.(*Builder); nested {
		return nil, true, fmt.Errorf("%s can't be its own child", name)
	}
	parsed, err := parseChild(builder, config)
	if err != nil {
		return nil, true, fmt.Errorf("config of %s: %w", name, err)
	}
	return &hosted.Child{Builder: builder, Config: parsed}, true, nil
}

// parseChild parses the config of a policy, if the policy takes one.
func parseChild(b balancer.Builder, config json.RawMessage) (serviceconfig.LoadBalancingConfig, error) {
	parser, ok := b.(balancer.ConfigParser)
	if !ok {
		return nil, nil
	}
	return parser.ParseConfig(config)
}
