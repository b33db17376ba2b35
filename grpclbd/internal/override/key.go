package override

import "net/netip"

// Canonical returns the override with its address in the form that a backend has,
// so that equal addresses are equal strings. It does nothing to an address that is wrong.
func (o Override) Canonical() Override {
	o.Address = canonical(o.Address)
	return o
}

// CanonicalSubject returns the subject of an override of that kind as [Override.Canonical]
// writes it.
func CanonicalSubject(kind Kind, subject string) string {
	switch kind {
	case Drain, Weight:
		return canonical(subject)
	}
	return subject
}

func canonical(address string) string {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return address
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
}
