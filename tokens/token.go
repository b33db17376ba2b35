package tokens

const (
	// specifiedLength is the length in bytes above which there is a warning. The protocol
	// says "less than 50"; a token of exactly 50 is accepted without a warning.
	specifiedLength = 50

	// sendableLength is the length in bytes above which a token is not sent. Each call
	// has the token in its headers, and servers limit the size of headers (gRPC's to
	// 8 KiB or more), so with a longer token calls to healthy backends might fail.
	sendableLength = 1024
)

// sendable returns the token that calls send. If that is not the balancer's token,
// the fault says why. A balancer may send no token; that is no fault.
func sendable(token string) (string, fault) {
	switch {
	case len(token) > sendableLength:
		return "", fault{"token of %d bytes, more than 1024: the empty one is sent", len(token)}
	case !printable(token):
		return "", fault{"token of %d bytes, not printable ASCII: the empty one is sent", len(token)}
	case spaced(token):
		return "", fault{"token of %d bytes, with a space at an end: the empty one is sent", len(token)}
	}
	return token, fault{}
}

// spaced reports whether s begins or ends with a space. The value of a header must not
// (RFC 9113, section 8.2.1): some servers then ignore the header, others remove the space.
func spaced(s string) bool {
	return s != "" && (s[0] == ' ' || s[len(s)-1] == ' ')
}

// printable reports whether s may be the value of a header in gRPC: bytes
// 0x20 to 0x7E. gRPC fails a call that has anything else in its metadata.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
