package tokens

const (
	// specifiedLength is the longest token that passes without remark, in
	// bytes. The protocol asks for "less than 50".
	specifiedLength = 50

	// sendableLength is the longest token that is sent at all, in bytes. The
	// token is added to each call's headers, which servers limit (gRPC's to
	// 8 KiB or more), so a longer one might fail calls to healthy backends.
	sendableLength = 1024
)

// sendable returns the token as calls may carry it. If that is not what the
// balancer sent, fault says why. A balancer that sends none has no use for tokens,
// and nothing is wrong with that.
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

// spaced reports whether s has a space at one of its ends. The value of a header
// must not (RFC 9113, section 8.2.1): strict servers throw the header away, others
// the space.
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
