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

// dialable writes the address of a server as "ip:port", or returns what is wrong
// with it.
func dialable(ip []byte, port int32) (string, fault) {
	if wrong := unusable(ip, port); wrong != (fault{}) {
		return "", wrong
	}
	a, _ := netip.AddrFromSlice(ip) // it has one of the two lengths
	return netip.AddrPortFrom(a.Unmap(), uint16(port)).String(), fault{}
}
