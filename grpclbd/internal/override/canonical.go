package override

import "github.com/actorlb/grpclb/grpclbd/internal/backend"

// Canonical returns the override with its address in the shortest form, as backends have
// it. It does nothing to an address that is wrong.
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
	if short, err := backend.NormalAddress(address); err == nil {
		return short
	}
	return address
}
