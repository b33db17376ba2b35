// Package ctl asks the admin port of a balancer, and prints what it says for people.
package ctl

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// Options say which balancer to ask, and how to be let in.
type Options struct {
	Admin     string      // HOST:PORT
	TokenFile string      // its first line is the bearer token; "": none
	TLS       *tls.Config // nil: the admin port has none
	Who       string      // who lifts overrides and confirms; "": the balancer takes the address
}

// A Client asks one balancer.
type Client struct {
	base  string
	token string
	who   string
	http  *http.Client
}

// NewClient reads the files that the options name. It does not connect.
func NewClient(o Options) (*Client, error) {
	c := &Client{base: "http://" + o.Admin, who: o.Who, http: &http.Client{}}
	if o.TokenFile != "" {
		text, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return nil, err
		}
		line, _, _ := strings.Cut(string(text), "\n")
		c.token = strings.TrimSpace(line)
	}
	if o.TLS != nil {
		c.base = "https://" + o.Admin
		c.http.Transport = &http.Transport{TLSClientConfig: o.TLS, ForceAttemptHTTP2: true}
	}
	return c, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// State returns what is to be seen of the balancer.
func (c *Client) State(ctx context.Context) (s view.State, err error) {
	body, err := c.do(ctx, http.MethodGet, "/api/state", nil)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(body, &s)
}

// An Order is an override, and how long it is to last: a time such as 10m, or "" for until it
// is lifted.
type Order struct {
	override.Override
	For string `json:"for,omitempty"`
}

// Put puts an override in force and returns it as the balancer has it.
func (c *Client) Put(ctx context.Context, o Order) (in override.Override, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return in, err
	}
	body, err := c.do(ctx, http.MethodPost, "/api/overrides", text)
	if err != nil {
		return in, err
	}
	return in, json.Unmarshal(body, &in)
}

// Lift ends an override.
func (c *Client) Lift(ctx context.Context, service string, kind override.Kind, subject string) error {
	q := url.Values{"service": {service}, "kind": {string(kind)}, "subject": {subject}, "who": {c.who}}
	_, err := c.do(ctx, http.MethodDelete, "/api/overrides?"+q.Encode(), nil)
	return err
}

// Confirm lets go what the guard maxRemove of a service holds.
func (c *Client) Confirm(ctx context.Context, service string) error {
	_, err := c.do(ctx, http.MethodPost, "/api/confirm?"+url.Values{"service": {service}, "who": {c.who}}.Encode(), nil)
	return err
}

// do makes a request and returns the body of a good answer.
func (c *Client) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		return nil, errors.New(strings.TrimSpace(string(text)))
	}
	return text, nil
}
