package lbresolver

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
)

// txtPrefix begins a TXT record that has service configs (gRFC A2).
const txtPrefix = "grpc_config="

// A client is what a service config is chosen for.
type client struct {
	host    string
	percent int // 0 to 99, drawn once, so a channel's choice does not change
}

// thisClient returns the client that this process is. If its host has no name, it gets no config
// that is for certain hosts.
func thisClient() client {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return client{host, rand.IntN(100)}
}

// A choice is one service config of a record, and which clients it is for.
type choice struct {
	ClientLanguage *[]string        `json:"clientLanguage"`
	Percentage     *int             `json:"percentage"`
	ClientHostName *[]string        `json:"clientHostName"`
	ServiceConfig  *json.RawMessage `json:"serviceConfig"`
}

// suits reports whether the choice is for the client. A condition that is missing is true.
func (c client) suits(o choice) bool {
	return o.ServiceConfig != nil &&
		(o.ClientLanguage == nil || slices.Contains(*o.ClientLanguage, "GO")) &&
		(o.Percentage == nil || c.percent < *o.Percentage) &&
		(o.ClientHostName == nil || slices.Contains(*o.ClientHostName, c.host))
}

// choose returns the first service config of the records that is for the client, or "". Other
// TXT records are ignored.
func (c client) choose(records []string) (text string, err error) {
	list, found := strings.CutPrefix(strings.Join(records, ""), txtPrefix)
	if !found || list == "" {
		return "", nil
	}
	var choices []choice
	if err := json.Unmarshal([]byte(list), &choices); err != nil {
		return "", fmt.Errorf("the TXT record is not a list of service configs: %w", err)
	}
	for _, o := range choices {
		if c.suits(o) {
			return string(*o.ServiceConfig), nil
		}
	}
	return "", nil
}
