package tokens

import "google.golang.org/grpc/metadata"

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

	// Metadata of a backend is {"lb-token": {Token}}, made once. Entries of equal
	// token share it, if the list has few tokens. It must not be changed. Nil for
	// a drop.
	Metadata metadata.MD

	Drop bool

	at endpoint // Addr, in a form that is quick to compare; zero for a drop
}

// same reports whether a pick of e and one of o are the same to a caller. Addr
// and Drop follow from at, and Metadata from Token.
func (e *Entry) same(o *Entry) bool {
	return e == o || e.at == o.at && e.Token == o.Token
}
