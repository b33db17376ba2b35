package lbresolver

import (
	"encoding/json"
	"strings"

	"github.com/actorlb/grpclb"
)

// policyConfig selects the policy, with its defaults.
const policyConfig = `[{"` + grpclb.Name + `":{}}]`

// ownConfig is the service config of a target for which there is no other.
const ownConfig = `{"loadBalancingConfig":` + policyConfig + `}`

// withPolicy adds the policy to a service config that selects none, which would
// otherwise mean pick_first: a config of methods is no wish for another policy.
// What is no JSON object is returned as it is, for gRPC to complain about.
func withPolicy(text string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &fields) != nil || fields == nil {
		return text
	}
	for name, value := range fields {
		if !selects(name) {
			continue
		}
		if string(value) != "null" {
			return text
		}
		delete(fields, name)
	}
	fields["loadBalancingConfig"] = json.RawMessage(policyConfig)
	added, err := json.Marshal(fields)
	if err != nil {
		return text
	}
	return string(added)
}

// selects reports whether a field of a service config selects a policy. gRPC
// reads names of fields in any case.
func selects(name string) bool {
	return strings.EqualFold(name, "loadBalancingConfig") || strings.EqualFold(name, "loadBalancingPolicy")
}
