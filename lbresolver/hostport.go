package lbresolver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// A hostPort is a host and a port. The host is an IP address without brackets, or a name, which
// may end in a dot.
type hostPort struct {
	host string
	port uint16 // not zero
}

// String returns the address to dial, with an IPv6 address in brackets.
func (h hostPort) String() string {
	return net.JoinHostPort(h.host, strconv.Itoa(int(h.port)))
}

// name returns the name that a certificate for the host must have: without a dot at its end.
func (h hostPort) name() string { return strings.TrimSuffix(h.host, ".") }

// isIP reports whether the host needs no look-up.
func (h hostPort) isIP() bool {
	_, err := netip.ParseAddr(h.host)
	return err == nil
}

// isLocal reports whether the host is a name of this machine, such as localhost. The machine
// resolves these itself (RFC 6761, section 6.3).
func (h hostPort) isLocal() bool {
	name := strings.ToLower(h.name())
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// parseHostPort reads "host:port", "192.0.2.1:port" or "[2001:db8::1]:port". If the port is missing,
// defaultPort is used; if that is empty too, it is an error. Brackets are needed only before a port.
func parseHostPort(text, defaultPort string) (hostPort, error) {
	host, port, err := split(text, defaultPort)
	if err != nil {
		return hostPort{}, err
	}
	if err := checkHost(host); err != nil {
		return hostPort{}, err
	}
	if strings.HasPrefix(text, "[") && !strings.Contains(host, ":") {
		return hostPort{}, fmt.Errorf("%q is not an IPv6 address, so it must not be in brackets", host)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return hostPort{}, fmt.Errorf("port %q is not a number from 1 to 65535", port)
	}
	return hostPort{host, uint16(number)}, nil
}

func split(text, defaultPort string) (host, port string, err error) {
	if _, err := netip.ParseAddr(text); err == nil {
		text = net.JoinHostPort(text, defaultPort)
	}
	host, port, err = net.SplitHostPort(text)
	var wrong *net.AddrError
	if errors.As(err, &wrong) && wrong.Err == "missing port in address" && text != "" {
		host, port, err = net.SplitHostPort(text + ":" + defaultPort)
	}
	switch {
	case text == "":
		return "", "", errors.New("it is empty, want host:port")
	case err != nil:
		return "", "", fmt.Errorf("%q is not host:port", text)
	case port == "":
		return "", "", fmt.Errorf("%q has no port, want host:port", text)
	}
	return host, port, nil
}

// checkHost checks that a host can be looked up. It accepts what net.Resolver does: letters, digits,
// hyphens, underscores.
func checkHost(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	name := strings.TrimSuffix(host, ".")
	labels := strings.Split(name, ".")
	switch {
	case host == "":
		return errors.New("the host is missing")
	case len(name) > 253: // RFC 1035, section 2.3.4, as text
		return fmt.Errorf("host name of %d characters, more than 253", len(name))
	case strings.Contains(host, ":"):
		return fmt.Errorf("host %q is not an IPv6 address", host)
	case strings.Trim(labels[len(labels)-1], "0123456789") == "" && name != "":
		return fmt.Errorf("host %q is not an IP address, and a name does not end in a number", host)
	}
	for _, label := range labels {
		if !isLabel(label) {
			return fmt.Errorf("host %q is not a valid name: part %q is not 1 to 63 letters, digits, hyphens and underscores", host, label)
		}
	}
	return nil
}

const labelChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func isLabel(label string) bool {
	return 0 < len(label) && len(label) <= 63 && strings.Trim(label, labelChars) == ""
}
