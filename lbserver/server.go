package lbserver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// maxTokenBytes is the longest token: load_balancer.proto wants fewer than 50
// bytes, and the C family of clients cuts what is longer.
const maxTokenBytes = 49

// A Server is an entry of a server list: a backend, or a share of the RPCs that clients are
// to drop.
//
// Lists have no weights on the wire, so an entry of weight n is listed n times. The weights
// of a list are first divided by what divides them all: 300 and 100 make a list of four. If
// they add up to [Options.MaxEntries] or less then, that is the list. Otherwise the list is
// approximated: it is the shortest one found in which each entry's share is within 1 % of
// that share (a share of 10 % is then from 9.9 % to 10.1 %). 33333, 33334 and 33333 make a
// list of three. If none is found that is short enough, the list has MaxEntries places. Each
// entry is listed at least once, even if its share is less than one place; the other entries'
// shares shrink accordingly. Apart from that each entry has less than one place more or less
// than its share, so an entry whose share is 100 places or more is within 1 % of it. Of 4,096
// places that is a share of 2.5 % or more.
// With the weights 1 and 1,000,000 the first gets 1 RPC of 4,096. Drops are entries like
// others, and their share is of all RPCs. More servers than MaxEntries make a longer list,
// which has each of them once, as if they had no weights.
//
// The copies are spread by smooth weighted round robin: for each place every entry gains its
// weight in credit. Then the place goes to the entry with most credit (of equals, to the
// first given), which pays the sum of all weights. Weights 5, 1, 1 of a, b, c give a a b a c
// a a, and the next round follows on from there. Equal weights keep the order given.
//
// Two entries may have the same address, with different tokens or the same:
// clients connect to it once.
type Server struct {
	// Address is the backend's "ip:port", or "[ip]:port" for IPv6. Refused are host names
	// (clients do not resolve names in a list), zones such as %eth0 (the protocol has no room
	// for them), the unspecified addresses 0.0.0.0 and :: (addresses to listen on; a client
	// would call its own machine), and a port that is not a number from 1 to 65535. An IPv4
	// address in IPv6 form is sent as IPv4.
	Address string `json:"address,omitempty"`

	// Clients send Token with each RPC to this entry, as the metadata "lb-token". Of a drop
	// entry, load reports count the dropped RPCs by its token. It may be empty. Refused are
	// more than 49 bytes (42 with [Options.RestartTokens]), anything but printable ASCII, and
	// a space at either end.
	Token string `json:"token"`

	// Weight is the entry's share of the RPCs, in relation to the others': weights 1 and 3
	// are 25 % and 75 %. Zero means 1. Less than zero is refused; any other int will do
	// (package assign takes up to 2,147,483,647). To give a server no RPCs,
	// leave it out of the list.
	Weight int `json:"weight,omitempty"`

	// Drop makes clients fail this share of the RPCs with UNAVAILABLE, without sending them.
	// A drop entry that has an address is refused.
	Drop bool `json:"drop,omitempty"`
}

// wire returns the entry as the protocol has it, without its weight, or says
// what is wrong with it. The mark is appended to its token.
func (s Server) wire(m mark) (*lbpb.Server, error) {
	if s.Weight < 0 {
		return nil, fmt.Errorf("weight %d is negative", s.Weight)
	}
	if err := checkToken(s.Token, maxTokenBytes-len(m)); err != nil {
		return nil, err
	}
	token := s.Token + string(m)
	if s.Drop {
		if s.Address != "" {
			return nil, fmt.Errorf("a drop entry has no address, this one has %q", s.Address)
		}
		return &lbpb.Server{Drop: true, LoadBalanceToken: token}, nil
	}
	addr, err := parseAddress(s.Address)
	if err != nil {
		return nil, err
	}
	return &lbpb.Server{
		IpAddress:        addr.Addr().AsSlice(),
		Port:             int32(addr.Port()),
		LoadBalanceToken: token,
	}, nil
}

// weight is the weight as given, zero standing for one.
func (s Server) weight() int { return max(s.Weight, 1) }

// parseAddress takes the parts one by one, where netip.ParseAddrPort would do
// it at once, to be able to say which is wrong.
func parseAddress(address string) (netip.AddrPort, error) {
	var none netip.AddrPort
	if address == "" {
		return none, errors.New(`no address; want "ip:port"`)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return none, fmt.Errorf(`address %q is neither "ip:port" nor "[ipv6]:port"`, address)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return none, fmt.Errorf("address %q: %q is no IP address; clients do not resolve names in a list, so resolve it first", address, host)
	}
	if ip.Zone() != "" {
		return none, fmt.Errorf("address %q: a list has no room for the zone %q", address, ip.Zone())
	}
	if ip = ip.Unmap(); ip.IsUnspecified() {
		return none, fmt.Errorf("address %q: %v is no address that a client can reach", address, ip)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return none, fmt.Errorf("address %q: port %q is not a number from 1 to 65535", address, port)
	}
	return netip.AddrPortFrom(ip, uint16(number)), nil
}

// checkToken allows what can be the value of a metadata header, as far as the
// protocol's length goes.
func checkToken(token string, maxBytes int) error {
	if len(token) > maxBytes {
		return fmt.Errorf("the token is %d bytes long, over %d", len(token), maxBytes)
	}
	if token != strings.Trim(token, " ") {
		return fmt.Errorf("token %q begins or ends with a space, which HTTP/2 does not allow (RFC 9113, 8.2.1)", token)
	}
	for i := range len(token) {
		if token[i] < ' ' || token[i] > '~' {
			return fmt.Errorf("token %q is not printable ASCII", token)
		}
	}
	return nil
}
