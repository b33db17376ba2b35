package tokens

import "net/netip"

// unusable returns what is wrong with the address of a server. The protocol sends an
// IP address as 4 or 16 bytes in network byte order, and the port as a signed number.
func unusable(ip []byte, port int32) fault {
	if port < 1 || port > 65535 {
		return fault{"port %d is not in 1..65535", int(port)}
	}
	if len(ip) != 4 && len(ip) != 16 {
		return fault{"IP address of %d bytes, want 4 or 16", len(ip)}
	}
	return fault{}
}

// An endpoint is a backend's IP address and port. The zero endpoint stands for a
// drop: no backend has port 0.
type endpoint struct {
	ip   [16]byte // an IPv4 address is in its IPv6 form
	port uint16
}

// endpointOf returns the endpoint of a server whose address is usable.
func endpointOf(ip []byte, port int32) endpoint {
	a, _ := netip.AddrFromSlice(ip) // never fails: unusable has checked the length
	return endpoint{a.As16(), uint16(port)}
}

// String returns the endpoint as an address to dial, "ip:port".
func (e endpoint) String() string {
	return netip.AddrPortFrom(netip.AddrFrom16(e.ip).Unmap(), e.port).String()
}
