package lbresolver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// A hostPort is where something listens. The host is an IP address without
// brackets, or a name, which may end in a dot.
type hostPort struct {
	host string
	port uint16 // not zero
}

// String returns it as a dialler wants it, an IPv6 address in brackets.
func (h hostPort) String() string {
	return net.JoinHostPort(h.host, strconv.Itoa(int(h.port)))
}

// name is what a certificate for the host is to say: no name there ends in a
// dot.
func (h hostPort) name() string { return strings.TrimSuffix(h.host, ".") }

// isIP reports whether the host needs no look-up.
func (h hostPort) isIP() bool {
	_, err := netip.ParseAddr(h.host)
	return err == nil
}

// isLocal reports whether the host is this machine by its name. Such names are
// for the machine itself to resolve (RFC 6761, section 6.3).
func (h hostPort) isLocal() bool {
	name := strings.ToLower(h.name())
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// parseHostPort reads "host:port", "192.0.2.1:port" or "[2001:db8::1]:port".
// Where the port is missing it is defaultPort; if that is empty, it must not be
// missing. Brackets are only needed before a port.
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

// checkHost says what is wrong with a host that can't be looked up. It lets
// through what net.Resolver would: letters, digits, hyphens, underscores.
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
