// Package tokens turns a server list of a balancer into entries from which a picker
// can be built: each has an address that can be dialled and metadata that can be sent.
// [Parse] is the only place that checks a list. It skips servers that are invalid and
// replaces tokens that are. So other packages can trust a [List].
//
// A server list is untrusted input. Parse accepts anything. Its time and memory are
// proportional to the size of the message. It describes only the first few faults in
// words.
//
// The texts for logs contain positions and lengths, never a token: a token may be a
// credential.
//
// The package is a part of the policy grpclb. Other modules may use it, but it does not
// promise to stay compatible.
package tokens
