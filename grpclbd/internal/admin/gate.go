package admin

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A gate lets in who may use the admin port (rule secure): the holder of a client certificate,
// which TLS checks, or of the bearer token; on a loopback address everybody on the machine.
// It keeps out pages of other sites that a browser on the machine has open.
type gate struct {
	token  *[sha256.Size]byte // nil: none is needed
	host   bool               // requests have to name the machine itself
	others *http.CrossOriginProtection
	bodies time.Duration // bounds the reading of a request's body, whoever reads it
}

func newGate(cfg *config.Config) (gate, error) {
	g := gate{others: http.NewCrossOriginProtection(), host: cfg.Access.TLS == nil, bodies: 10 * time.Second}
	if cfg.Access.TokenFile == "" {
		return g, nil
	}
	text, err := os.ReadFile(cfg.Access.TokenFile)
	if err != nil {
		return g, fmt.Errorf("access.tokenFile: %w", err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	token := bytes.TrimSpace(line)
	if len(token) < 16 {
		return g, fmt.Errorf("access.tokenFile: the token in %s has fewer than 16 bytes", cfg.Access.TokenFile)
	}
	sum := sha256.Sum256(token)
	g.token = &sum
	return g, nil
}

// guard is next for those whom the gate lets in. Health is for everybody: it tells nothing
// but whether the balancer is ready.
func (g gate) guard(next http.Handler) http.Handler {
	inner := g.others.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.bodies)) // recorders of tests have none
		}
		switch {
		case g.host && !isMachine(r.Host):
			// A name that a hostile site has made to point here.
			http.Error(w, fmt.Sprintf("%q is not a name of this machine: use its address", r.Host), http.StatusForbidden)
		case r.URL.Path != "/livez" && r.URL.Path != "/readyz" && !g.knows(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "a bearer token is needed", http.StatusUnauthorized)
		default:
			inner.ServeHTTP(w, r)
		}
	})
}

// knows reports whether the request has the token, if one is needed.
func (g gate) knows(r *http.Request) bool {
	if g.token == nil {
		return true
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// isMachine reports whether a request's host is localhost or an IP address.
func isMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "localhost"
}
