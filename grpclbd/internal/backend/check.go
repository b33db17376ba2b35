package backend

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// What a backend may have. The balancer can't send more, or could be made to keep more than it
// can hold.
const (
	MaxBackends   = 100_000   // of one source
	MaxWeight     = 1<<31 - 1 // 2,147,483,647
	MaxTokenBytes = 42        // the field of a server list has 50 bytes, of which lbserver uses some
	MaxZoneBytes  = 63
	MaxLabels     = 32
	MaxLabelName  = 63  // bytes
	MaxLabelValue = 255 // bytes
)

// Normal returns b with its address in its shortest form, or an error that says which value of
// which field is wrong, and what is allowed. A weight of 0 becomes 1.
func Normal(b Backend) (Backend, error) {
	address, err := NormalAddress(b.Address)
	if err != nil {
		return Backend{}, err
	}
	b.Address, b.Weight = address, cmp.Or(b.Weight, 1)
	return b, errors.Join(CheckZone(b.Zone), CheckWeight(b.Weight), CheckToken(b.Token), CheckLabels(b.Labels))
}

// NormalAddress returns the address in its shortest form: 10.0.0.1:50051, or
// [2001:db8::1]:50051. An IPv4 address that is written as an IPv6 address becomes one of IPv4.
func NormalAddress(address string) (string, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return "", fmt.Errorf("address %q is not IP:port, as in 10.0.0.1:50051 or [2001:db8::1]:50051", cut(address))
	}
	if err := CheckIP(a.Addr()); err != nil {
		return "", fmt.Errorf("address %q: %w", cut(address), err)
	}
	if a.Port() == 0 {
		return "", fmt.Errorf("address %q: the port is not from 1 to 65535", cut(address))
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String(), nil
}

// CheckIP returns why clients can't connect to the IP address, or nil.
func CheckIP(ip netip.Addr) error {
	switch ip = ip.Unmap(); {
	case ip.Zone() != "":
		return errors.New("an IPv6 address with a zone (%) means something on one machine only")
	case ip.IsUnspecified():
		return fmt.Errorf("%v is no address that clients can connect to", ip)
	case ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%v is an address of many machines", ip)
	}
	return nil
}

// CheckZone returns an error unless a zone can have this name. "" is no zone.
func CheckZone(zone string) error { return checkText("zone", zone, MaxZoneBytes) }

// CheckToken returns an error unless a backend can have this token. "" is none.
func CheckToken(token string) error { return checkText("token", token, MaxTokenBytes) }

// CheckWeight returns an error unless a backend can have this weight.
func CheckWeight(weight int) error {
	if weight < 1 || weight > MaxWeight {
		return fmt.Errorf("weight %d is not from 1 to %d", weight, MaxWeight)
	}
	return nil
}

// CheckLabels returns an error unless a backend can have these labels.
func CheckLabels(labels map[string]string) error {
	if len(labels) > MaxLabels {
		return fmt.Errorf("%d labels are more than %d", len(labels), MaxLabels)
	}
	for name, value := range labels {
		if name == "" {
			return errors.New("labels: a label without a name")
		}
		if err := cmp.Or(checkText("labels: name", name, MaxLabelName),
			checkText("labels: value of "+cut(name), value, MaxLabelValue)); err != nil {
			return err
		}
	}
	return nil
}

func checkText(field, text string, limit int) error {
	if len(text) > limit {
		return fmt.Errorf("%s %q has %d bytes, more than %d", field, cut(text), len(text), limit)
	}
	if i := strings.IndexFunc(text, func(c rune) bool { return c < ' ' || c > '~' }); i >= 0 {
		return fmt.Errorf("%s %q has a character that is not printable ASCII", field, text)
	}
	return nil
}

// cut shortens text from outside for an error.
func cut(text string) string { return terminal.Cut(text, 80) }

// Sorted returns the backends sorted by address, each address once: of several with the same
// address the first one stays. It may change the slice, and never returns nil.
func Sorted(all []Backend) []Backend {
	if all == nil {
		return []Backend{}
	}
	slices.SortStableFunc(all, func(a, b Backend) int { return strings.Compare(a.Address, b.Address) })
	return slices.CompactFunc(all, func(a, b Backend) bool { return a.Address == b.Address })
}
