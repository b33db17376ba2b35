package dnstest

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// A Record is something that a name has. Its time to live is zero: nobody is
// to remember it.
type Record struct {
	kind dnsmessage.Type
	body dnsmessage.ResourceBody
}

// Host returns an A or AAAA record, as is right for the IP address. It panics
// if it is none.
func Host(ip string) Record {
	a := netip.MustParseAddr(ip)
	if a.Is4() {
		return Record{dnsmessage.TypeA, &dnsmessage.AResource{A: a.As4()}}
	}
	return Record{dnsmessage.TypeAAAA, &dnsmessage.AAAAResource{AAAA: a.As16()}}
}

// SRV returns an SRV record (RFC 2782). The target is an absolute name, "." for
// none. It panics if the target is too long to be a name.
func SRV(priority, weight, port uint16, target string) Record {
	return Record{dnsmessage.TypeSRV, &dnsmessage.SRVResource{
		Priority: priority, Weight: weight, Port: port, Target: nameOf(target),
	}}
}

// maxString is how long a string of a TXT record can be, in bytes (RFC 1035,
// section 3.3). Readers put the strings of a record together again.
const maxString = 255

// TXT returns a TXT record, in several strings if the text is long.
func TXT(text string) Record {
	body := &dnsmessage.TXTResource{}
	for len(text) > maxString {
		body.TXT = append(body.TXT, text[:maxString])
		text = text[maxString:]
	}
	body.TXT = append(body.TXT, text)
	return Record{dnsmessage.TypeTXT, body}
}

// nameOf returns name as it is in a message, absolute.
func nameOf(name string) dnsmessage.Name {
	n, err := dnsmessage.NewName(canonical(name))
	if err != nil {
		panic(fmt.Sprintf("dnstest: %q is no name: %v", name, err))
	}
	return n
}

// canonical is the spelling under which the server knows a name.
func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, ".")) + "."
}
