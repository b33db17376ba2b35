package servertls

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"syscall"

	"google.golang.org/grpc/credentials"

	"github.com/actorlb/grpclb/grpclbd/internal/seldom"
)

// Credentials are those of a gRPC server. The log hears of clients whose handshake fails, such as
// those without a certificate: of one in ten seconds, with how many others there were.
func (f *Files) Credentials() credentials.TransportCredentials {
	return watched{credentials.NewTLS(f.Config()), f.refused}
}

// Watched are credentials that tell of handshakes that fail.
type watched struct {
	credentials.TransportCredentials
	refused *seldom.Log
}

// ServerHandshake makes watched the credentials of a server.
func (w watched) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secure, info, err := w.TransportCredentials.ServerHandshake(conn)
	if err != nil && !hasLeft(err) {
		w.refused.Say(slog.String("client", conn.RemoteAddr().String()), slog.Any("why", err))
	}
	return secure, info, err
}

func (w watched) Clone() credentials.TransportCredentials {
	return watched{w.TransportCredentials.Clone(), w.refused}
}

// hasLeft reports whether the client has gone by itself, as one does that only looks whether the port is
// open.
func hasLeft(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
