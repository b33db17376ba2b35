package tokens

import "net/netip"

// unusable says what is wrong with the address of a server, if anything is.
//
// The protocol sends an address in network byte order, 4 bytes or 16, and the
// port as a signed number.
func unusable(ip []byte, port int32) fault {
	if port < 1 || port > 65535 {
		return fault{"port %d is not in 1..65535", int(port)}
	}
	if len(ip) != 4 && len(ip) != 16 {
		return fault{"IP address of %d bytes, want 4 or 16", len(ip)}
	}
	return fault{}
}

// An endpoint is what a backend's address says. The zero endpoint is that of a
// drop: no backend has port 0.
type endpoint struct {
	ip   [16]byte // IPv4 in its IPv6 form, which is the same endpoint
	port uint16
}

// endpointOf returns the endpoint of a server whose address is usable.
func endpointOf(ip []byte, port int32) endpoint {
	a, _ := netip.AddrFromSlice(ip) // it has one of the two lengths
	return endpoint{a.As16(), uint16(port)}
}

// String writes the endpoint as something to dial, "ip:port".
func (e endpoint) String() string {
	return netip.AddrPortFrom(netip.AddrFrom16(e.ip).Unmap(), e.port).String()
}
