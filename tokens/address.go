package tokens

import "net/netip"

// dialable writes the address of a server as "ip:port". When there is nothing
// to dial, it returns what is wrong instead.
//
// The protocol sends an address in network byte order, 4 bytes or 16, and the
// port as a signed number.
func dialable(ip []byte, port int32) (string, fault) {
	if port < 1 || port > 65535 {
		return "", fault{"port %d is not in 1..65535", int(port)}
	}
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return "", fault{"IP address of %d bytes, want 4 or 16", len(ip)}
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port)).String(), fault{}
}
