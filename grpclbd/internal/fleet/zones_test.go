package fleet

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/lbserver"
)

var threeZones = config.Service{Zones: &config.Zones{
	Clients: map[string]string{"10.1.0.0/16": "z1", "10.1.2.0/24": "z2", "2001:db8::/32": "z3", "10.9.9.9/32": "z9"},
	Spill:   70,
}}

// certified is a peer that has shown a certificate with a URI and an organizational unit.
func certified(uri, unit string) *peer.Peer {
	leaf := &x509.Certificate{}
	if u, err := url.Parse(uri); uri != "" && err == nil {
		leaf.URIs = []*url.URL{u}
	}
	if unit != "" {
		leaf.Subject = pkix.Name{OrganizationalUnit: []string{unit}}
	}
	chains := [][]*x509.Certificate{{leaf}}
	return &peer.Peer{Addr: tcp("192.0.2.1:5"), AuthInfo: credentials.TLSInfo{State: tls.ConnectionState{VerifiedChains: chains}}}
}

func TestZone_OfAClient(t *testing.T) {
	b := serving(t, threeZones, be("a", "zone=east"))
	header := metadata.Pairs(zoneHeader, "z7")
	for _, c := range []struct {
		peer       *peer.Peer
		headers    metadata.MD
		zone, from string
	}{
		{&peer.Peer{Addr: tcp("10.1.1.1:5")}, header, "z1", "address"},
		{&peer.Peer{Addr: tcp("10.1.2.1:5")}, header, "z2", "address"}, // the longest prefix
		{&peer.Peer{Addr: tcp("[2001:db8::7]:5")}, nil, "z3", "address"},
		{&peer.Peer{Addr: tcp("[::ffff:10.9.9.9]:5")}, nil, "z9", "address"},
		{certified("spiffe://example.com/zone/z5/client", "z1"), header, "z5", "certificate"},
		{certified("spiffe://example.com/zone/", "z1"), header, "z1", "certificate"},
		{certified("", "east"), header, "east", "certificate"},
		{certified("", "Sales"), header, "z7", "header"},
		{&peer.Peer{Addr: tcp("10.2.0.1:5")}, header, "z7", "header"},
		{&peer.Peer{Addr: tcp("10.2.0.1:5")}, metadata.Pairs(zoneHeader, "no zone"), "", ""},
		{&peer.Peer{Addr: tcp("10.2.0.1:5")}, metadata.Pairs(zoneHeader, strings.Repeat("z", 64)), "", ""},
		{&peer.Peer{}, nil, "", ""},
		{nil, nil, "", ""},
	} {
		s := b.locate(lbserver.Client{Peer: c.peer, Metadata: c.headers})
		if s.zone != c.zone || s.zoneFrom != c.from {
			t.Errorf("%+v %v is in zone %q by %q, want %q by %q", c.peer, c.headers, s.zone, s.zoneFrom, c.zone, c.from)
		}
	}
}

func TestZone_OwnFirst(t *testing.T) {
	b := serving(t, threeZones, be("a", "zone=z1"), be("b", "zone=z1"), be("c", "zone=z2"), be("d", "zone=z2"))
	z1, z9, none := b.joins("10.1.1.1:5"), b.joins("10.9.9.9:5"), b.joins("10.2.2.2:5")
	b.classWants(z1.Class, "a:1 b:1")
	b.classWants(z9.Class, "a:1 b:1 c:1 d:1")
	b.classWants(none.Class, "a:1 b:1 c:1 d:1")
	b.overrides(drain("a")) // 50 % of 70 % stay
	b.classWants(z1.Class, "b:5 c:1 d:1")
	b.overrides(drain("a"), drain("b"))
	b.classWants(z1.Class, "c:1 d:1")
	// Without zones all get the same, also those that have a class by their zone.
	b.configures(config.Service{})
	b.overrides()
	b.classWants(z1.Class, "a:1 b:1 c:1 d:1")
}

// Clients may make up zones, but not without a bound.
func TestZone_MadeUp(t *testing.T) {
	b := serving(t, threeZones, be("a", "zone=east"))
	for i := range 1000 {
		b.joins("", zoneHeader, fmt.Sprintf("made-up-%d", i))
	}
	if n := len(b.answers); n > maxStray+1 {
		t.Errorf("%d classes", n)
	}
	if c := b.joins("", zoneHeader, "east"); c.Class != "east" {
		t.Errorf("a zone that there is: class %q", c.Class)
	}
}

func TestClass_StaysForAWhile(t *testing.T) {
	b := serving(t, threeZones, be("a", "zone=z1"), be("b", "zone=z2"))
	first, second := b.joins("10.1.1.1:5"), b.joins("10.1.1.1:6")
	b.leaves(first)
	b.passes(lingering)
	b.classWants("z1", "a:1")
	b.leaves(second)
	b.passes(lingering / 2)
	third := b.joins("10.1.1.1:7")
	b.passes(lingering)
	b.classWants("z1", "a:1")
	b.leaves(third)
	b.passes(lingering - 2*calm)
	b.classWants("z1", "a:1")
	b.passes(3 * calm)
	b.classWants("z1", "nothing")
	if len(b.streams) != 0 || len(b.classes.idle) != 0 {
		t.Errorf("%d streams and %d idle classes are left", len(b.streams), len(b.classes.idle))
	}
}

// A client that is classified again while it is connected is of the new class only. Its answer is
// there, by the configuration of now, and the class that it has left goes.
func TestClass_OfAConnectedClient(t *testing.T) {
	b := serving(t, config.Service{}, be("a", "zone=z1"), be("b", "zone=z2"))
	c, stays := b.joins("10.1.1.1:5"), b.joins("10.9.9.9:1")
	b.reported(lbserver.Report{Client: c, Stats: &lbpb.ClientStats{NumCallsStarted: 5}})
	again := func(want, list string) {
		t.Helper()
		class := b.classify(c, b.now)
		b.perform()
		if class != want {
			t.Errorf("it is of class %q, want %q", class, want)
		}
		b.classWants(class, list)
	}
	again("", "a:1 b:1")
	next := threeZones
	next.Name, next.Sources, next.Guard = "svc", []config.Source{{DNS: "one"}}, guard
	b.configure(next)
	b.perform()
	again("z1", "a:1")
	again("z1", "a:1")
	if s := b.streams[c.ID]; s.zone != "z1" || s.started != 5 || b.classes.byName["z1"].streams != 1 || b.classes.byName[""].streams != 1 {
		t.Errorf("stream %+v; %d of z1, %d of no class", s, b.classes.byName["z1"].streams, b.classes.byName[""].streams)
	}
	b.passes(3 * lingering)
	b.classWants("z1", "a:1")
	b.configures(config.Service{})
	again("", "a:1 b:1")
	b.passes(lingering + time.Second)
	b.classWants("z1", "nothing")
	b.leaves(c)
	b.leaves(stays)
	if len(b.streams) != 0 || b.classes.byName[""].streams != 0 {
		t.Errorf("%d streams are left", len(b.streams))
	}
}

// A client that was classified and then did not begin leaves nothing behind.
func TestClass_NeverBegan(t *testing.T) {
	b := serving(t, threeZones, be("a"))
	c := lbserver.Client{ID: 7, Peer: &peer.Peer{Addr: tcp("10.1.1.1:5")}}
	b.classify(c, b.now)
	b.passes(2*lingering + time.Second)
	b.joins("10.9.9.9:1")
	b.passes(time.Second)
	b.classWants("z1", "nothing")
	// It begins after all.
	late := lbserver.Client{ID: 8, Peer: c.Peer}
	late.Class = b.classify(late, b.now)
	b.perform()
	b.passes(lingering + time.Second)
	b.classWants("z1", "nothing")
	b.began(late, b.now)
	b.perform()
	b.passes(lingering * 2)
	b.ended(late, b.now)
}

func TestClass_NamesDoNotCollide(t *testing.T) {
	names := map[string]string{}
	for _, zone := range []string{"", "a", "a/b", `"a"`, `"a/b"`} {
		for _, client := range []string{"", "a", "b", "b/a", "a/b", `"a"/b`} {
			name := nameOf(zone, client)
			if other, there := names[name]; there {
				t.Errorf("zone %q client %q and %s are both %q", zone, client, other, name)
			}
			names[name] = fmt.Sprintf("zone %q client %q", zone, client)
		}
	}
}

// A client that comes and goes all the time costs no more than another.
func TestClass_ComesAndGoes(t *testing.T) {
	b := serving(t, threeZones, be("a", "zone=z1"), be("b", "zone=z2"))
	for range 1000 {
		c := b.joins("10.1.1.1:5")
		b.ended(c, b.now)
		b.passes(time.Second)
	}
	if n := len(b.classes.idle); n != 1 {
		t.Errorf("%d classes wait for their end", n)
	}
	b.classWants("z1", "a:1")
	b.passes(lingering - time.Second - calm)
	b.classWants("z1", "a:1")
	b.passes(2 * calm)
	b.classWants("z1", "nothing")
}
