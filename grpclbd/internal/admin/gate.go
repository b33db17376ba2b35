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
// which TLS checks, or of the token; on a loopback address everybody on the machine. Programs send the
// token as a bearer token. Browsers ask their user for it, as the password of HTTP's basic
// authentication, whatever the user name is.
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
	token, err := readToken(cfg.Access.TokenFile)
	if err != nil {
		return g, fmt.Errorf("access.tokenFile: %w", err)
	}
	sum := sha256.Sum256(token)
	g.token = &sum
	return g, nil
}

// readToken returns the token that a file has in its first line.
func readToken(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	token := bytes.TrimSpace(line)
	if len(token) < 16 {
		return nil, fmt.Errorf("the first line of %s is the token, and has %d bytes; it needs at least 16", file, len(token))
	}
	if bytes.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("the first line of %s is the token, and has a character that is no printable ASCII, or a space: a header can't carry it", file)
	}
	return token, nil
}

// CheckToken returns what is wrong with the file of the token; nil if there is none.
func CheckToken(cfg *config.Config) error {
	_, err := newGate(cfg)
	return err
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
			w.Header().Add("WWW-Authenticate", `Basic realm="grpclbd: leave the user empty, the token is the password", charset="UTF-8"`)
			w.Header().Add("WWW-Authenticate", "Bearer")
			http.Error(w, "the token of access.tokenFile is needed: in a browser as the password, with any user name; else in the header \"Authorization: Bearer TOKEN\"", http.StatusUnauthorized)
		default:
			inner.ServeHTTP(w, r)
		}
	})
}

// knows reports whether the request has the token, if one is needed. How long that takes does not
// depend on the token that is given.
func (g gate) knows(r *http.Request) bool {
	if g.token == nil {
		return true
	}
	sum := sha256.Sum256([]byte(tokenOf(r)))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// tokenOf returns the token that a request has, as a bearer token or as a password.
func tokenOf(r *http.Request) string {
	if _, password, basic := r.BasicAuth(); basic {
		return password
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

// isMachine reports whether a request's host is localhost or an IP address.
func isMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "localhost"
}
