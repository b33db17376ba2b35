package lbresolver

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
)

// txtPrefix is how the TXT record begins that has service configs (gRFC A2).
const txtPrefix = "grpc_config="

// A client is what a choice of service configs goes by.
type client struct {
	host    string
	percent int // of 0 to 99, drawn once, so that a channel keeps to its choice
}

// thisClient returns the one that this process is. Without a name of its own it
// gets no config that is for certain hosts.
func thisClient() client {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return client{host, rand.IntN(100)}
}

// A choice is one of the service configs of a record, and whom it is for.
type choice struct {
	ClientLanguage *[]string        `json:"clientLanguage"`
	Percentage     *int             `json:"percentage"`
	ClientHostName *[]string        `json:"clientHostName"`
	ServiceConfig  *json.RawMessage `json:"serviceConfig"`
}

// suits reports whether the choice is for the client. What it does not say is
// for everybody.
func (c client) suits(o choice) bool {
	return o.ServiceConfig != nil &&
		(o.ClientLanguage == nil || slices.Contains(*o.ClientLanguage, "GO")) &&
		(o.Percentage == nil || c.percent < *o.Percentage) &&
		(o.ClientHostName == nil || slices.Contains(*o.ClientHostName, c.host))
}

// choose returns the first service config of the records that is for the client;
// empty is none. Records of other things are no service configs.
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
