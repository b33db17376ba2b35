package config

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

func (k *check) services(services []Service) {
	if len(services) == 0 {
		k.wrong("services", "is missing or empty: there is nothing to serve")
	}
	owner := map[string]string{} // a name or alias → the path of the service that has it
	for i := range services {
		path := fmt.Sprintf("services[%d]", i)
		k.service(path, &services[i])
		for _, name := range append([]string{services[i].Name}, services[i].Aliases...) {
			if other, taken := owner[name]; taken {
				k.wrong(path, "the name %q is also that of %s", name, other)
			}
			owner[name] = path
		}
	}
}

func (k *check) service(path string, s *Service) {
	k.name(path+".name", s.Name)
	for i, alias := range s.Aliases {
		k.name(fmt.Sprintf("%s.aliases[%d]", path, i), alias)
	}
	if len(s.Sources) == 0 {
		k.wrong(path+".sources", "is missing or empty: it says where the backends are")
	}
	for i, source := range s.Sources {
		k.source(fmt.Sprintf("%s.sources[%d]", path, i), source)
	}
	k.health(path+".health", s.Health)
	k.load(path+".load", s.Load)
	k.number(path+".guard.minHealthy", s.Guard.MinHealthy, 0, 100)
	k.number(path+".guard.maxRemove", s.Guard.MaxRemove, 0, 100)
	k.period(path+".guard.hold", s.Guard.Hold, 0, 24*time.Hour)
	k.zones(path+".zones", s.Zones)
	k.number(path+".subset", s.Subset, 0, 100_000)
	k.number(path+".spread", s.Spread, 1, 1_000_000)
	k.canary(path+".canary", s.Canary)
	k.period(path+".slowStart", s.SlowStart, 0, 24*time.Hour)
	k.drops(path, s.Drops)
	if s.ReportInterval != 0 {
		k.period(path+".reportInterval", s.ReportInterval, 100*time.Millisecond, time.Hour)
	}
}

// name checks a service name, as lbserver does.
func (k *check) name(path, name string) {
	switch {
	case name == "":
		k.wrong(path, "is missing")
	case len(name) > 255 || !utf8.ValidString(name):
		k.wrong(path, "%.40q… is not a service name: at most 255 bytes of UTF-8", name)
	case strings.ContainsFunc(name, isControl):
		k.wrong(path, "%q is not a service name: it has a control character", name)
	}
}

func (k *check) source(path string, s Source) {
	kinds := 0
	for _, given := range []bool{len(s.Static) > 0, s.File != "", s.DNS != "", s.Etcd != ""} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		k.wrong(path, "needs exactly one of static, file, dns, etcd; it has %d", kinds)
	}
	if n := len(s.Static); n > backend.MaxBackends {
		k.wrong(path+".static", "has %d addresses, and may have %d", n, backend.MaxBackends)
	}
	for i, address := range s.Static {
		k.address(fmt.Sprintf("%s.static[%d]", path, i), address)
	}
	if s.DNS != "" {
		k.hostPort(path+".dns", s.DNS)
		if _, err := netip.ParseAddrPort(s.DNS); err == nil {
			k.wrong(path+".dns", "%q has no name to look up; addresses go into a static source", s.DNS)
		}
	}
	if s.Resolve != "" {
		k.address(path+".resolve", s.Resolve)
		if s.DNS == "" {
			k.wrong(path+".resolve", "is for dns sources only")
		}
	}
	k.number(path+".weight", s.Weight, 1, math.MaxInt32)
	k.token(path+".token", s.Token)
	k.zone(path+".zone", s.Zone)
}

// address checks an address of an IP and a port.
func (k *check) address(path, address string) {
	if a, err := netip.ParseAddrPort(address); err != nil || a.Port() == 0 || a.Addr().Zone() != "" {
		k.wrong(path, "%q is not IP:PORT, such as 10.0.0.1:50051 or [2001:db8::1]:50051", address)
	} else if err := backend.CheckIP(a.Addr()); err != nil {
		k.wrong(path, "%q: %v", address, err)
	}
}

// token checks an LB token.
func (k *check) token(path, token string) {
	if backend.CheckToken(token) != nil || token != strings.TrimSpace(token) {
		k.wrong(path, "%q is not a token: at most %d bytes of printable ASCII, no space at either end", token, backend.MaxTokenBytes)
	}
}

// zone checks the name of a zone.
func (k *check) zone(path, zone string) {
	if backend.CheckZone(zone) != nil {
		k.wrong(path, "%q is not a zone: at most %d bytes of printable ASCII", zone, backend.MaxZoneBytes)
	}
}

func (k *check) health(path string, h *Health) {
	if h == nil {
		return
	}
	if h.GRPC != nil && h.TCP != nil {
		k.wrong(path, "has both grpc and tcp; there is one way to check")
	}
	k.period(path+".interval", h.Interval, 100*time.Millisecond, time.Hour)
	k.period(path+".timeout", h.Timeout, 10*time.Millisecond, time.Hour)
	if h.Timeout > h.Interval {
		k.wrong(path+".timeout", "%v is longer than the interval of %v", h.Timeout, h.Interval)
	}
	k.number(path+".rise", h.Rise, 1, 100)
	k.number(path+".fall", h.Fall, 1, 100)
	k.clientTLS(path+".tls", h.TLS)
}

func (k *check) load(path string, l *Load) {
	if l == nil {
		return
	}
	if !l.ORCA {
		k.wrong(path+".orca", "is not true; it is the only way to measure load")
	}
	k.period(path+".interval", l.Interval, 100*time.Millisecond, time.Hour)
}

func (k *check) zones(path string, z *Zones) {
	if z == nil {
		return
	}
	for prefix, zone := range z.Clients {
		field := path + ".clients." + prefix
		if p, err := netip.ParsePrefix(prefix); err != nil || p != p.Masked() {
			k.wrong(field, "%q is not a prefix such as 10.1.0.0/16, with zeros behind its bits", prefix)
		}
		if k.zone(field, zone); zone == "" {
			k.wrong(field, "%q is not a zone", zone)
		}
	}
	k.number(path+".spill", z.Spill, 1, 100)
}

func (k *check) canary(path string, c *Canary) {
	if c == nil {
		return
	}
	if name, value, found := strings.Cut(c.Label, "="); !found || name == "" || value == "" {
		k.wrong(path+".label", "%q is not NAME=VALUE", c.Label)
	}
	k.number(path+".percent", c.Percent, 0, 100)
}

func (k *check) drops(path string, drops []Drop) {
	total := 0
	tokens := map[string]bool{}
	for i, d := range drops {
		field := fmt.Sprintf("%s.drops[%d]", path, i)
		k.number(field+".percent", d.Percent, 1, 100)
		k.token(field+".token", d.Token)
		if d.Token == "" {
			k.wrong(field+".token", "is missing: drops are counted under it")
		}
		if tokens[d.Token] {
			k.wrong(field+".token", "%q is also that of another drop", d.Token)
		}
		tokens[d.Token] = true
		total += max(d.Percent, 0)
	}
	if total > 100 {
		k.wrong(path+".drops", "add up to %d per cent, more than 100", total)
	}
}
