package fleet

import (
	"crypto/x509"
	"net"
	"net/netip"
	"strings"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/lbserver"
)

// Zones say where clients are (rule zone): by their address, else by their certificate, else by
// the header grpclb-zone.
type zones struct {
	prefixes map[netip.Prefix]string
	known    map[string]bool // those that prefixes or backends have
}

// zoneHeader and clientHeader are metadata of a client's stream.
const (
	zoneHeader   = "grpclb-zone"
	clientHeader = "grpclb-client"
)

// newZones leaves out prefixes that are none; the configuration was checked for them.
func newZones(z *config.Zones) zones {
	all := zones{map[netip.Prefix]string{}, map[string]bool{}}
	if z == nil {
		return all
	}
	for text, zone := range z.Clients {
		if p, err := netip.ParsePrefix(text); err == nil {
			all.prefixes[p.Masked()] = zone
		}
	}
	return all
}

// learn takes the zones that backends have.
func (z *zones) learn(backends []*member) {
	z.known = make(map[string]bool)
	for _, zone := range z.prefixes {
		z.known[zone] = true
	}
	for _, b := range backends {
		z.known[b.Zone] = true
	}
	delete(z.known, "")
}

// of returns the zone of a client, and what it was found by: address, certificate, header. An
// organizational unit of a certificate counts only if it is a known zone; a unit is often something
// else.
func (z zones) of(c lbserver.Client) (zone, from string) {
	if zone := z.ofAddress(c.Peer); zone != "" {
		return zone, "address"
	}
	if zone := z.ofCertificate(c.Peer); zone != "" {
		return zone, "certificate"
	}
	if v := c.Metadata.Get(zoneHeader); len(v) > 0 && isZone(v[0]) {
		return v[0], "header"
	}
	return "", ""
}

// ofAddress returns the zone of the longest prefix that has the address.
func (z zones) ofAddress(p *peer.Peer) string {
	ip, ok := ipOf(p)
	if !ok || len(z.prefixes) == 0 {
		return ""
	}
	for bits := ip.BitLen(); bits >= 0; bits-- {
		if prefix, err := ip.Prefix(bits); err == nil && z.prefixes[prefix] != "" {
			return z.prefixes[prefix]
		}
	}
	return ""
}

func ipOf(p *peer.Peer) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(hostOf(p))
	return ip.Unmap().WithZone(""), err == nil
}

// hostOf returns the address of the peer without its port.
func hostOf(p *peer.Peer) string {
	if p == nil || p.Addr == nil {
		return ""
	}
	host, _, err := net.SplitHostPort(p.Addr.String())
	if err != nil {
		return p.Addr.String()
	}
	return host
}

// ofCertificate returns the zone of a verified certificate: the path element after "zone" of a URI,
// such as spiffe://example.com/zone/z1/client, else an organizational unit that is a known zone.
func (z zones) ofCertificate(p *peer.Peer) string {
	leaf := leafOf(p)
	if leaf == nil {
		return ""
	}
	for _, uri := range leaf.URIs {
		path := strings.Split(uri.Path, "/")
		for i := range len(path) - 1 {
			if path[i] == "zone" && isZone(path[i+1]) {
				return path[i+1]
			}
		}
	}
	for _, unit := range leaf.Subject.OrganizationalUnit {
		if z.known[unit] {
			return unit
		}
	}
	return ""
}

func leafOf(p *peer.Peer) *x509.Certificate {
	if p == nil {
		return nil
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return nil
	}
	return info.State.VerifiedChains[0][0]
}

// isZone reports whether a client's word can be a zone: 1 to 63 letters, digits, dots, dashes
// and underscores.
func isZone(s string) bool {
	if s == "" || len(s) > 63 {
		return false
	}
	for _, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("._-", rune(c)) {
			return false
		}
	}
	return true
}
