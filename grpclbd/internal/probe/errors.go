package probe

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/grpclbd/internal/redact"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// readable says how the balancer ended the stream, and what to do.
func readable(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the balancer ended the stream without an error")
	}
	s := status.Convert(err)
	return fmt.Errorf("the stream ended with %v: %s%s", s.Code(), printable(s.Message()), hint(s))
}

func printable(text string) string { return terminal.Clean(redact.Text(text)) }

// hint says what a code is most often the sign of; "" if there is nothing to say.
func hint(s *status.Status) string {
	text := s.Message()
	switch {
	case s.Code() == codes.NotFound:
		return ". SERVICE is the whole name that clients dial, with its port"
	case s.Code() == codes.PermissionDenied:
		return ". The balancer's authorization policy does not allow it; -cert and -header say who asks"
	case s.Code() == codes.Unimplemented:
		return ". It is no grpclb balancer; perhaps it is a backend"
	case strings.Contains(text, "connection refused"):
		return ". Is the balancer running?"
	case strings.Contains(text, "reading server preface"):
		return ". Perhaps the balancer has TLS (-tls or -ca), wants a certificate (-cert and -key), or it is no gRPC server"
	case strings.Contains(text, "first record does not look like a TLS handshake"):
		return ". The balancer has no TLS: leave out -tls, -ca, -cert and -key"
	case strings.Contains(text, "failed to verify certificate"):
		return ". -ca names the authority that has signed the balancer's certificate"
	}
	return ""
}
