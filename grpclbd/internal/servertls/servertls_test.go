package servertls

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/certtest"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var silent = slog.New(slog.DiscardHandler)

// write writes a certificate of that name and its key into a folder, and the authority.
func write(a certtest.Authority, dir, name string) config.TLS {
	f := a.Write(dir, name)
	return config.TLS{Cert: f.Cert, Key: f.Key, ClientCA: f.CA}
}

// shake connects a client to a server and returns the server's and the client's names.
func shake(t *testing.T, server, client *tls.Config) (names [2]string, err error) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seen := make(chan string, 1)
	go func() {
		defer close(seen)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if t := c.(*tls.Conn); t.Handshake() == nil && len(t.ConnectionState().PeerCertificates) > 0 {
			seen <- t.ConnectionState().PeerCertificates[0].Subject.CommonName
			_, _ = c.Write([]byte("x"))
		}
	}()
	c, err := tls.Dial("tcp", l.Addr().String(), client)
	if err != nil {
		return names, err
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); err != nil { // in TLS 1.3 a refusal comes with the first read
		return names, err
	}
	return [2]string{c.ConnectionState().PeerCertificates[0].Subject.CommonName, <-seen}, nil
}

func TestFiles(t *testing.T) {
	ours, theirs := certtest.New(t), certtest.New(t)
	files := write(ours, t.TempDir(), "server")
	server, err := Open(files, silent)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client := func(a certtest.Authority) *tls.Config {
		c := write(a, t.TempDir(), "client")
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			t.Fatal(err)
		}
		pem, err := os.ReadFile(files.ClientCA)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}
	}
	names, err := shake(t, server.Config(), client(ours))
	if err != nil || names != [2]string{"server", "client"} {
		t.Errorf("names %v, error %v", names, err)
	}
	if _, err := shake(t, server.Config(), client(theirs)); err == nil {
		t.Error("a client with a certificate of another authority is accepted")
	}
	if _, err := shake(t, server.Config(), &tls.Config{InsecureSkipVerify: true}); err == nil {
		t.Error("a client without a certificate is accepted")
	}
}

// New files count for the next connection, and bad ones for none.
func TestFiles_AreReadAgain(t *testing.T) {
	before, after := certtest.New(t), certtest.New(t)
	dir := t.TempDir()
	server, err := open(write(before, dir, "server"), silent, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c := write(after, t.TempDir(), "client")
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		t.Fatal(err)
	}
	client := &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}}
	if _, err := shake(t, server.Config(), client); err == nil {
		t.Fatal("a client of the later authority is accepted before")
	}
	write(after, dir, "server")
	deadline := time.Now().Add(time.Minute)
	for _, err = shake(t, server.Config(), client); err != nil; _, err = shake(t, server.Config(), client) {
		if time.Now().After(deadline) {
			t.Fatalf("the new files are not used: %v", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 10 { // a few hundredths of a second
		if _, err := shake(t, server.Config(), client); err != nil {
			t.Errorf("a bad file ended the service: %v", err)
		}
	}
}

// A log is one whose lines a test reads, without their time.
type log chan string

func (l log) Write(line []byte) (int, error) {
	_, words, _ := strings.Cut(string(line), "level=")
	l <- strings.TrimSpace(words)
	return len(line), nil
}

func (l log) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// A client that is refused is in the log, with its address and the reason. One that only looks whether
// the port is open is not.
func TestSecure_RefusedClientsAreLogged(t *testing.T) {
	lines := make(log, 10)
	for _, c := range []struct {
		talk func(net.Conn)
		why  string
	}{
		{func(net.Conn) {}, ""},
		{func(c net.Conn) { _ = tls.Client(c, &tls.Config{InsecureSkipVerify: true}).Handshake() }, "client didn't provide a certificate"},
		{func(c net.Conn) { _, _ = c.Write([]byte("GET / HTTP/1.1\r\n\r\n")) }, "first record does not look like a TLS handshake"},
	} {
		server, err := Open(write(certtest.New(t), t.TempDir(), "server"), lines.logger())
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		talked := make(chan struct{})
		go func() {
			defer close(talked)
			c.talk(client)
			_ = client.(*net.TCPConn).CloseWrite()
		}()
		if _, _, err := server.Credentials().Clone().ServerHandshake(conn); err == nil {
			t.Error("a client without a certificate is accepted")
		}
		if c.why != "" {
			if line := <-lines; !strings.Contains(line, c.why) || !strings.Contains(line, "client="+client.LocalAddr().String()) {
				t.Errorf("the log says %q, want %q", line, c.why)
			}
		}
		<-talked
		client.Close()
		conn.Close()
		l.Close()
		server.Close()
	}
	if len(lines) != 0 {
		t.Errorf("the log says %q", <-lines)
	}
}

func TestFiles_AreRefused(t *testing.T) {
	a := certtest.New(t)
	good := write(a, t.TempDir(), "server")
	other := write(a, t.TempDir(), "server")
	bad := filepath.Join(t.TempDir(), "bad.pem")
	if err := os.WriteFile(bad, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]config.TLS{
		"no file":              {Cert: "missing.pem", Key: good.Key},
		"another one's key":    {Cert: good.Cert, Key: other.Key},
		"no PEM":               {Cert: bad, Key: good.Key},
		"no authority":         {Cert: good.Cert, Key: good.Key, ClientCA: bad},
		"a missing authority":  {Cert: good.Cert, Key: good.Key, ClientCA: "missing.pem"},
		"a key as certificate": {Cert: good.Key, Key: good.Key},
	} {
		f, err := Open(c, silent)
		if err == nil {
			f.Close()
			t.Errorf("%s is accepted", name)
		} else if !strings.Contains(err.Error(), ".pem") {
			t.Errorf("%s: the error names no file: %v", name, err)
		}
	}
}
