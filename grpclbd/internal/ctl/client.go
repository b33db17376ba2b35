// Package ctl asks the admin port of a balancer, and prints what it says for people.
package ctl

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
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
	opts  Options
	token string
	http  *http.Client
}

// NewClient reads the files that the options name. It does not connect.
func NewClient(o Options) (*Client, error) {
	if _, port, err := net.SplitHostPort(o.Admin); err != nil || port == "" || strings.ContainsAny(o.Admin, "@/?#") {
		return nil, errors.New("-admin is not HOST:PORT, such as 127.0.0.1:8081") // it may have a password
	}
	c := &Client{opts: o, http: &http.Client{CheckRedirect: stay}}
	if o.TokenFile != "" {
		text, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("-token-file: %w", err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		if c.token = strings.TrimSpace(line); c.token == "" {
			return nil, fmt.Errorf("-token-file: the first line of %s is empty; it has to be the token", o.TokenFile)
		}
	}
	if o.TLS != nil {
		c.http.Transport = &http.Transport{TLSClientConfig: o.TLS, ForceAttemptHTTP2: true}
	}
	return c, nil
}

// stay follows no redirection: a balancer sends none.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// State returns what is to be seen of the balancer.
func (c *Client) State(ctx context.Context) (s view.State, err error) {
	err = c.do(ctx, http.MethodGet, "/api/state", nil, &s)
	return s, err
}

// An Order is an override, and how long it is to last: a time such as 10m, or "" for until it
// is lifted.
type Order struct {
	override.Override
	For   string `json:"for,omitempty"`
	Force bool   `json:"force,omitempty"` // also for a service that there is not
}

// Put puts an override in force and returns it as the balancer has it.
func (c *Client) Put(ctx context.Context, o Order) (in view.Override, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return in, err
	}
	err = c.do(ctx, http.MethodPost, "/api/overrides", text, &in)
	return in, err
}

// Lift ends an override.
func (c *Client) Lift(ctx context.Context, service string, kind override.Kind, subject string) error {
	q := url.Values{"service": {service}, "kind": {string(kind)}, "subject": {subject}, "who": {c.opts.Who}}
	return c.do(ctx, http.MethodDelete, "/api/overrides?"+q.Encode(), nil, nil)
}

// Confirm lets go what the guard maxRemove of a service holds.
func (c *Client) Confirm(ctx context.Context, service string) error {
	return c.do(ctx, http.MethodPost, "/api/confirm?"+url.Values{"service": {service}, "who": {c.opts.Who}}.Encode(), nil, nil)
}

// maxAnswer bounds what is read of an answer, in bytes. The state of 100,000 backends has some 50 MB.
const maxAnswer = 1 << 30

// do makes a request and decodes the body of a good answer into v, unless that is nil.
func (c *Client) do(ctx context.Context, method, path string, body []byte, v any) error {
	scheme := "http://"
	if c.opts.TLS != nil {
		scheme = "https://"
	}
	r, err := http.NewRequestWithContext(ctx, method, scheme+c.opts.Admin+path, bytes.NewReader(body))
	if err != nil {
		return errors.New("-admin is not HOST:PORT, such as 127.0.0.1:8081")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return c.unreachable(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 300 {
		return c.refused(response)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return c.unreachable(err)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(text, v); err != nil {
		return c.foreign("its answer is not the JSON of a balancer")
	}
	return nil
}
