package lbresolver

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// servicePort is the default port of a service, as for targets of the scheme dns.
	servicePort = "443"
	// dnsPort is the default port of a DNS server (RFC 1035, section 4.2).
	dnsPort = "53"
)

// A target is a URL that a user dials.
type target struct {
	service   hostPort
	balancers []hostPort    // given in the URL; none: DNS is asked for them
	dns       string        // the DNS server to ask, "host:port"; empty: the system's
	fallback  bool          // the service's own addresses are given
	config    bool          // a service config is given
	refresh   time.Duration // how often to look without being asked; zero: not given
}

// noSRV reports whether no SRV records are looked up for the service, by its name.
func (t target) noSRV() bool { return t.service.isIP() || t.service.isLocal() }

// asksForBalancers reports whether DNS is asked for the balancers.
func (t target) asksForBalancers() bool {
	if len(t.balancers) == 0 {
		return !t.noSRV()
	}
	return slices.ContainsFunc(t.balancers, func(b hostPort) bool { return !b.isIP() })
}

// given returns the balancers of the target.
func (t target) given() (places []place) {
	for _, b := range t.balancers {
		places = append(places, place{hostPort: b})
	}
	return places
}

// own returns the service as a place.
func (t target) own() []place { return []place{{hostPort: t.service}} }

// parse reads a URL as the package's documentation describes it. The error says what is wrong,
// and where.
func parse(u url.URL) (target, error) {
	text := u.String()
	if user, rest, found := cutUser(text); found {
		// The rest may be a password, so the error does not have it.
		return target{}, fmt.Errorf("lbresolver: target \"%s…@%s\": it has a user name, which is not supported", user, rest)
	}
	t, err := read(u)
	if err == nil {
		err = t.check()
	}
	if err != nil {
		return target{}, fmt.Errorf("lbresolver: target %q: %w", text, err)
	}
	return t, nil
}

// cutUser looks for a user name and password anywhere in the text of a URL: they end in an @,
// which is nowhere else in a target. It returns the scheme before them, and the text after
// them.
func cutUser(text string) (scheme, rest string, found bool) {
	text = strings.ReplaceAll(text, "%40", "@")
	last := strings.LastIndex(text, "@")
	if last < 0 {
		return "", "", false
	}
	scheme, _, _ = strings.Cut(text, ":")
	return scheme + ":", text[last+1:], true
}

func read(u url.URL) (target, error) {
	t := target{fallback: true, config: true}
	switch {
	case u.Fragment != "":
		return t, fmt.Errorf("it has a fragment, %q, which is not supported", "#"+u.Fragment)
	}
	if err := t.readService(endpoint(u)); err != nil {
		return t, err
	}
	if u.Host != "" {
		if err := t.readBalancer(u.Host); err != nil {
			return t, err
		}
	}
	return t, t.readQuery(u.RawQuery)
}

// endpoint returns the service's part of the URL: the path, or all after the scheme in a URL
// without slashes.
func endpoint(u url.URL) string {
	if u.Path == "" {
		return u.Opaque
	}
	return strings.TrimPrefix(u.Path, "/")
}

func (t *target) readService(text string) (err error) {
	switch {
	case text == "":
		return errors.New("it names no service; write grpclb:///service.example.com:443")
	case strings.Contains(text, "/"):
		return fmt.Errorf("service %q has a slash", text)
	}
	if t.service, err = parseHostPort(text, servicePort); err != nil {
		return fmt.Errorf("service: %w", err)
	}
	return nil
}

// readBalancer adds a balancer. Its port must be given: there is no usual one, and in the same place a
// target of the scheme dns has a DNS server, mostly without a port.
func (t *target) readBalancer(text string) error {
	b, err := parseHostPort(text, "")
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	if !slices.Contains(t.balancers, b) {
		t.balancers = append(t.balancers, b)
	}
	return nil
}

// check checks what only the whole target shows.
func (t target) check() error {
	if t.noSRV() && len(t.balancers) == 0 && !t.fallback {
		return fmt.Errorf("it can never be resolved: no SRV records are looked up for %s and fallback is off, so it has to name a balancer", t.service.host)
	}
	return nil
}
