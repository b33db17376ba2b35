package servertls

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"syscall"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/actorlb/grpclb/actor"
)

// refusedEvery is how often a client is logged that was refused.
const refusedEvery = 10 * time.Second

// refused: the TLS handshake with a client has failed.
type refused struct {
	client string
	why    error
}

// Credentials are those of a gRPC server. The log hears of clients whose handshake fails, such as
// those without a certificate: of one in ten seconds, with how many others there were.
func (f *Files) Credentials() credentials.TransportCredentials {
	return watched{credentials.NewTLS(f.Config()), f.refused}
}

// Watched are credentials that tell of handshakes that fail.
type watched struct {
	credentials.TransportCredentials
	refused *actor.Inbox[refused]
}

// ServerHandshake makes watched the credentials of a server.
func (w watched) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secure, info, err := w.TransportCredentials.ServerHandshake(conn)
	if err != nil && !hasLeft(err) {
		w.refused.Send(refused{conn.RemoteAddr().String(), err})
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

// A tally is what is to be logged of clients that were refused. It is an ordinary value.
type tally struct {
	last   refused   // why is nil: there is nothing to log
	others int       // besides the last one, since the last line
	next   time.Time // not before then
}

func (t *tally) hear(r refused) {
	if t.last.why != nil {
		t.others++
	}
	t.last = r
}

// due returns when there is something to log; zero: never.
func (t *tally) due() time.Time {
	if t.last.why == nil {
		return time.Time{}
	}
	return t.next
}

// logRefused logs until the context is done.
func logRefused(ctx context.Context, in *actor.Inbox[refused], log *slog.Logger) {
	timer := actor.NewTimer()
	defer timer.Stop()
	t := tally{next: time.Now()}
	for {
		timer.Set(t.due())
		select {
		case batch := <-in.Ready():
			for _, r := range in.Open(batch) {
				t.hear(r)
			}
		case <-timer.Ready():
			timer.Rang()
			log.Warn("a client was refused: its TLS handshake has failed", "client", t.last.client, "why", t.last.why, "others", t.others)
			t = tally{next: time.Now().Add(refusedEvery)}
		case <-ctx.Done():
			in.Close()
			return
		}
	}
}
