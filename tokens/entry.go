package tokens

import (
	"sync/atomic"

	"google.golang.org/grpc/metadata"
)

// MetadataKey is the header in which a call carries the token of the entry it
// was picked by. Its name is part of the protocol.
const MetadataKey = "lb-token"

// An Entry is one place in the rotation of a list. The call whose turn it is goes to
// the backend, or is dropped if Drop is set. An address may have several entries, with
// equal or different tokens.
//
// Nothing in an Entry changes after [Parse], except that its metadata is made at the
// first call of Metadata. A list shares with the previous one the entries that are the
// same in both.
type Entry struct {
	// Addr is what to dial, "ip:port" with an IPv6 address in brackets. An IPv4
	// address that was sent in its IPv6 form is written as IPv4, so one
	// endpoint has one spelling. Empty for a drop.
	Addr string

	// Token of a backend is what its calls send: the balancer's, or empty if the
	// balancer sent none or one that can't be sent. Token of a drop is the balancer's,
	// unchecked: it is in load reports only, and in no header.
	Token string

	header *header // nil for a drop

	at endpoint // Addr, in a form that is quick to compare; zero for a drop

	Drop bool // behind at, where it takes no memory: an entry has 64 bytes
}

// A header is the metadata of a token, nil until it is first needed. It takes some 400
// bytes, and most entries of a list that is soon replaced are never picked.
type header = atomic.Pointer[metadata.MD]

// Metadata returns {"lb-token": {Token}} for a backend. The first call makes it, later
// calls return the same, which must not be changed. If a list has few tokens, entries
// with equal tokens share it. It is nil for a drop and for an Entry that Parse has not
// made. Any number of goroutines may call it.
func (e *Entry) Metadata() metadata.MD {
	if e.header == nil {
		return nil
	}
	if e.header.Load() == nil {
		e.header.CompareAndSwap(nil, &metadata.MD{MetadataKey: {e.Token}})
	}
	return *e.header.Load()
}

// same reports whether it makes no difference to a call which of the two is picked.
// Addr and Drop follow from at, and Metadata from Token.
func (e *Entry) same(o *Entry) bool {
	return e == o || e.at == o.at && e.Token == o.Token
}
