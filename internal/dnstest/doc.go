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
// A name that it was told nothing of does not exist (NXDOMAIN). One that has
// records, but none of the type that is asked for, is answered without any.
// Names are absolute, with or without the dot at the end, in any case.
//
// An answer of more than 512 bytes is truncated on UDP, so a client has to ask
// again by TCP. The server says that it is an authority for everything.
package dnstest
