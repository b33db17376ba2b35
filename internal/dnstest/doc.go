// Package dnstest is a DNS server for tests and examples. It listens on
// loopback, by UDP and TCP on one port, and answers what it was told to answer:
//
//	dns, err := dnstest.Start()
//	...
//	defer dns.Close()
//	dns.Set("_grpclb._tcp.greeter.example.com", dnstest.SRV(0, 0, 8080, "lb.example.com"))
//	dns.Set("lb.example.com", dnstest.Host("127.0.0.1"), dnstest.Host("::1"))
//	dns.Fail("flaky.example.com", dnsmessage.RCodeServerFailure)
//	dns.FailType("half.example.com", dnsmessage.TypeAAAA, dnsmessage.RCodeRefused)
//	dns.Silence("slow.example.com")
//
// An unknown name does not exist (NXDOMAIN). The answer for a name that has no records of
// the type is empty.
// Names are absolute, with or without the dot at the end, in any case.
//
// An answer of more than 512 bytes is truncated on UDP, so a client has to ask
// again by TCP. The server is an authority for every name.
package dnstest
