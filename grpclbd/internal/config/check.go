package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/actorlb/grpclb/grpclbd/internal/redact"
)

// A check collects what is wrong with a configuration.
type check struct {
	fault  func(path, format string, args ...any) error // with the line of the field, if there is one
	faults []error
}

// wrong notes a fault. Texts that may be a URL with a password are shown without it.
func (k *check) wrong(path, format string, args ...any) {
	for i, a := range args {
		if text, is := a.(string); is && strings.Contains(text, "@") {
			args[i] = redact.URL(text)
		}
	}
	k.faults = append(k.faults, k.fault(path, format, args...))
}

// number checks that a value is between two bounds, both included.
func (k *check) number(path string, value, least, most int) {
	if value < least || value > most {
		k.wrong(path, "%d is not from %d to %d", value, least, most)
	}
}

// period checks that a time is between two bounds, both included.
func (k *check) period(path string, value, least, most time.Duration) {
	if value < least || value > most {
		k.wrong(path, "%v is not from %v to %v", value, least, most)
	}
}

// oneOf checks that a value is one of those.
func (k *check) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		k.wrong(path, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

func (k *check) config(c *Config) {
	k.listen("listen", c.Listen)
	k.listen("admin", c.Admin)
	k.replica(c.Replica)
	k.tls("tls", c.TLS)
	k.access(c)
	k.store(c.Store)
	k.limits(c.Limits)
	k.period("stop.notice", c.Stop.Notice, 0, time.Hour)
	k.period("stop.over", c.Stop.Over, 0, time.Hour)
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "text", "json")
	k.tracing(c.Tracing)
	k.services(c.Services)
}

func (k *check) tracing(t Tracing) {
	if t.OTLP != "" {
		k.hostPort("tracing.otlp", t.OTLP)
	} else if t.TLS != nil {
		k.wrong("tracing.tls", "is for the collector tracing.otlp, and there is none")
	}
	k.clientTLS("tracing.tls", t.TLS)
}

// listen checks an address to listen on. Port 0 means any free port.
func (k *check) listen(path, address string) {
	if _, port, err := net.SplitHostPort(address); err != nil || !isPort(port, 0) {
		k.wrong(path, "%q is not HOST:PORT, such as 0.0.0.0:8080", address)
	}
}

// hostPort checks an address to connect to.
func (k *check) hostPort(path, address string) {
	if host, port, err := net.SplitHostPort(address); err != nil || host == "" || !isPort(port, 1) {
		k.wrong(path, "%q is not HOST:PORT", address)
	}
}

func isPort(text string, least int) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= least && n <= 65535
}

func (k *check) replica(name string) {
	if len(name) > 255 || !utf8.ValidString(name) || strings.ContainsFunc(name, isControl) {
		k.wrong("replica", "%q is not a name: at most 255 bytes of UTF-8, no control characters", name)
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func (k *check) tls(path string, t *TLS) {
	if t == nil {
		return
	}
	if t.Cert == "" {
		k.wrong(path+".cert", "is missing")
	}
	if t.Key == "" {
		k.wrong(path+".key", "is missing")
	}
}

// access checks the rule secure: no admin on a public address without TLS and a client
// certificate or a token.
func (k *check) access(c *Config) {
	k.tls("access.tls", c.Access.TLS)
	host, _, err := net.SplitHostPort(c.Admin)
	if err != nil || isLoopback(host) {
		return
	}
	if c.Access.TLS == nil {
		k.wrong("access.tls", "is missing: admin %q is not a loopback address", c.Admin)
	} else if c.Access.TLS.ClientCA == "" && c.Access.TokenFile == "" {
		k.wrong("access", "needs tokenFile or tls.clientCA: admin %q is not a loopback address", c.Admin)
	}
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (k *check) store(s Store) {
	if s.Listen != "" {
		k.storeListen(s)
	}
	for i, url := range s.Etcd {
		k.etcdURL(fmt.Sprintf("store.etcd[%d]", i), url)
	}
	k.clientTLS("store.tls", s.TLS)
	plain := func(url string) bool { return strings.HasPrefix(url, "http://") }
	secure := func(url string) bool { return strings.HasPrefix(url, "https://") }
	switch {
	case slices.ContainsFunc(s.Etcd, plain) && slices.ContainsFunc(s.Etcd, secure):
		k.wrong("store.etcd", "has URLs with http and with https; all have to be of one kind")
	case s.TLS != nil && len(s.Etcd) == 0:
		k.wrong("store.tls", "is for the URLs of store.etcd, and there are none")
	case s.TLS != nil && slices.ContainsFunc(s.Etcd, plain):
		k.wrong("store.tls", "is for URLs that begin with https://, and those of store.etcd begin with http://")
	}
}

func (k *check) etcdURL(path, url string) {
	rest, isHTTP := strings.CutPrefix(url, "http://")
	rest, isHTTPS := strings.CutPrefix(rest, "https://")
	host, port, err := net.SplitHostPort(rest)
	switch {
	case strings.Contains(url, "@"):
		k.wrong(path, "%q has a user or a password, which is not used: etcd knows the balancer by the certificate of store.tls", url)
	case err != nil || host == "" || !isPort(port, 1) || isHTTP == isHTTPS:
		k.wrong(path, "%q is not a URL such as https://10.0.0.1:2379", redact.URL(url))
	}
}

// storeListen checks where an etcd in this process is reached. It has no passwords, so that
// must be from this machine only.
func (k *check) storeListen(s Store) {
	k.hostPort("store.listen", s.Listen)
	if host, _, err := net.SplitHostPort(s.Listen); err == nil && !isLoopback(host) {
		k.wrong("store.listen", "%q is not a loopback address: whoever reaches this etcd can write to it; for other machines run an etcd of its own", s.Listen)
	}
	if len(s.Etcd) > 0 {
		k.wrong("store.listen", "is for an etcd in this process, and store.etcd names another")
	}
}

func (k *check) clientTLS(path string, t *StoreTLS) {
	if t != nil && (t.Cert == "") != (t.Key == "") {
		k.wrong(path, "has only one of cert and key")
	}
}

func (k *check) limits(l Limits) {
	k.number("limits.clients", l.Clients, 0, 10_000_000)
	k.number("limits.messageRate", l.MessageRate, 0, 1_000_000)
	k.period("limits.nameTimeout", l.NameTimeout, 0, time.Hour)
	if l.StreamAge != 0 {
		k.period("limits.streamAge", l.StreamAge, time.Second, 30*24*time.Hour)
	}
}
