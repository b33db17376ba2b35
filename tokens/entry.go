package tokens

import (
	"sync/atomic"

	"google.golang.org/grpc/metadata"
)

// MetadataKey is the header in which a call carries the token of the entry it
// was picked by. Its name is part of the protocol.
const MetadataKey = "lb-token"

// An Entry is one place in the rotation of a list: a backend to be called or,
// if Drop is set, a call to be dropped. An address may have any number of
// entries, with different tokens or equal ones.
//
// An Entry is not changed after [Parse]: lists that follow each other share
// those that are the same in both.
type Entry struct {
	// Addr is what to dial, "ip:port" with an IPv6 address in brackets. An IPv4
	// address that was sent in its IPv6 form is written as IPv4, so one
	// endpoint has one spelling. Empty for a drop.
	Addr string

	// Token of a backend is what its calls carry: as sent, or empty where none
	// was sent or it could not be. Token of a drop is as sent, whatever it is:
	// drops are reported under it, and it goes into no header.
	Token string

	Drop bool

	header *header // nil for a drop

	at endpoint // Addr, in a form that is quick to compare; zero for a drop
}

// A header is the metadata of a token, nil until it is first asked for: it takes
// some 400 bytes, and most entries of a list that is replaced often are never
// picked.
type header = atomic.Pointer[metadata.MD]

// Metadata of a backend is {"lb-token": {Token}}. It is made by the first call, and
// the same from then on. Entries of equal token share it, if the list has few
// tokens. It must not be changed. Nil for a drop and for an Entry that is not of a
// [List]. It may be called by any number of goroutines.
func (e *Entry) Metadata() metadata.MD {
	if e.header == nil {
		return nil
	}
	if e.header.Load() == nil {
		e.header.CompareAndSwap(nil, &metadata.MD{MetadataKey: {e.Token}})
	}
	return *e.header.Load()
}

// same reports whether a pick of e and one of o are the same to a caller. Addr
// and Drop follow from at, and Metadata from Token.
func (e *Entry) same(o *Entry) bool {
	return e == o || e.at == o.at && e.Token == o.Token
}
