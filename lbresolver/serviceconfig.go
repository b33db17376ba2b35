package lbresolver

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb"
)

// policyConfig selects the policy, with its defaults.
const policyConfig = `[{"` + grpclb.Name + `":{}}]`

// A serviceConfig is a service config that gRPC has parsed.
type serviceConfig struct {
	text   string
	parsed *serviceconfig.ParseResult
	fixed  bool // DNS is not asked for another one
}

func (s *serviceConfig) equal(o *serviceConfig) bool {
	return s == o || s != nil && o != nil && s.text == o.text
}

// texts is the part of net.Resolver that looks up TXT records.
type texts interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// A configurer finds the service config of one service. It does not change.
type configurer struct {
	texts  texts
	parse  func(string) *serviceconfig.ParseResult
	host   string // of the service
	client client
}

// look finds the service config in DNS; nil: there is none. If gRPC does not understand it, look
// returns it with an error.
func (c configurer) look(ctx context.Context) (*serviceConfig, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	strings, err := c.texts.LookupTXT(ctx, "_grpc_config."+c.host)
	if err != nil {
		if isAbsent(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("service config of %s: %w", c.host, err)
	}
	text, err := c.client.choose(strings)
	if text == "" || err != nil {
		return nil, err
	}
	text = withPolicy(text)
	found := &serviceConfig{text: text, parsed: c.parse(text)}
	return found, found.parsed.Err
}

// wantsTXT reports whether TXT records are looked up. The environment variable is that of gRPC's
// resolver for the scheme dns.
func wantsTXT() bool {
	return !strings.EqualFold(os.Getenv("GRPC_ENABLE_TXT_SERVICE_CONFIG"), "false")
}

// withPolicy adds the policy to a service config that selects none. Otherwise gRPC would use
// pick_first. A text that is not a JSON object is returned unchanged, and gRPC reports it.
func withPolicy(text string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &fields) != nil {
		return text
	}
	if fields == nil { // gRPC takes null for an empty object
		fields = map[string]json.RawMessage{}
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

// selects reports whether a field of a service config selects a policy. gRPC ignores the case of
// field names.
func selects(name string) bool {
	return strings.EqualFold(name, "loadBalancingConfig") || strings.EqualFold(name, "loadBalancingPolicy")
}
