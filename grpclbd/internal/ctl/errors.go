package ctl

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// maxError bounds what is printed of an error that a server sends, in bytes.
const maxError = 4 << 10

// noAdmin is what to do when a server does not speak HTTP.
const noAdmin = ". Perhaps it is no admin port of grpclbd but the one for clients, or it has TLS (-tls)"

// unreachable says why a balancer could not be asked, and what to do.
func (c *Client) unreachable(err error) error {
	if in := (*url.Error)(nil); errors.As(err, &in) {
		err = in.Err // without the URL
	}
	hint := ""
	switch text := err.Error(); {
	case strings.Contains(text, "connection refused"):
		hint = ". Is the balancer running? -admin names another address"
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		hint = ". The port has no TLS: leave out -tls, -ca, -cert and -key"
	case strings.Contains(text, "certificate required"):
		hint = ". The balancer wants a client certificate: give -cert and -key"
	case strings.Contains(text, "failed to verify certificate"):
		hint = ". -ca names the authority that has signed the balancer's certificate"
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "readLoopPeekFail"):
		hint, err = noAdmin, errors.New("the answer is not HTTP")
	case strings.Contains(text, "EOF"), strings.Contains(text, "connection reset"):
		hint = noAdmin
	}
	return &failure{fmt.Sprintf("the balancer at %s can't be asked: %s%s", c.opts.Admin, terminal.Clean(err.Error()), hint), err}
}

// A failure has a text for people, and the error behind it.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

// foreign says that a server is no balancer.
func (c *Client) foreign(why string) error {
	return fmt.Errorf("%s is no admin port of grpclbd: %s. -admin names another address", c.opts.Admin, why)
}

// refused says why a server has refused a request, and what to do.
func (c *Client) refused(r *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(r.Body, maxError)) // what was read will do
	why := terminal.Clean(strings.TrimSpace(string(text)))
	isText := strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain")
	switch {
	case r.StatusCode == http.StatusBadRequest && strings.Contains(why, "HTTP request to an HTTPS server"):
		return fmt.Errorf("the balancer at %s has TLS: give -tls or -ca", c.opts.Admin)
	case r.StatusCode == http.StatusUnauthorized && c.token == "":
		return fmt.Errorf("the balancer at %s wants a token: -token-file names the file that has it", c.opts.Admin)
	case r.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("the balancer at %s refuses the token in %s: it has to be that of access.tokenFile", c.opts.Admin, c.opts.TokenFile)
	case !isText || why == "" || why == "404 page not found":
		return c.foreign("it answers " + terminal.Clean(r.Status))
	case r.StatusCode == http.StatusForbidden:
		return fmt.Errorf("the balancer at %s refuses the request: %s", c.opts.Admin, why)
	}
	return errors.New(why)
}
