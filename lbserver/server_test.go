package lbserver

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
)

func TestServer_Addresses(t *testing.T) {
	for _, test := range []struct {
		address string
		ip      []byte
		port    int32
	}{
		{"10.1.2.3:80", []byte{10, 1, 2, 3}, 80},
		{"10.1.2.3:65535", []byte{10, 1, 2, 3}, 65535},
		{"[::1]:1", []byte{15: 1}, 1},
		{"[2001:db8::2]:443", []byte{0x20, 1, 0xd, 0xb8, 15: 2}, 443},
		{"[::ffff:10.1.2.3]:80", []byte{10, 1, 2, 3}, 80},
	} {
		got, err := Server{Address: test.address}.wire("")
		if err != nil {
			t.Errorf("%s: %v", test.address, err)
			continue
		}
		if !bytes.Equal(got.IpAddress, test.ip) || got.Port != test.port {
			t.Errorf("%s: ip %v port %d, want %v and %d", test.address, got.IpAddress, got.Port, test.ip, test.port)
		}
	}
}

func TestServer_Refused(t *testing.T) {
	for _, test := range []struct {
		server Server
		says   string
	}{
		{Server{}, "no address"},
		{Server{Address: "greeter.example.com:80"}, "do not resolve names"},
		{Server{Address: "localhost:80"}, "do not resolve names"},
		{Server{Address: ":80"}, `"" is no IP address`},
		{Server{Address: "10.0.0.1"}, `neither "ip:port" nor "[ipv6]:port"`},
		{Server{Address: "2001:db8::2:443"}, `neither "ip:port" nor "[ipv6]:port"`},
		{Server{Address: "[::1]"}, `neither "ip:port" nor "[ipv6]:port"`},
		{Server{Address: "10.0.0.256:80"}, "no IP address"},
		{Server{Address: "[fe80::1%eth0]:80"}, `zone "eth0"`},
		{Server{Address: "0.0.0.0:80"}, "can reach"},
		{Server{Address: "[::]:80"}, "can reach"},
		{Server{Address: "10.0.0.1:"}, `port ""`},
		{Server{Address: "10.0.0.1:0"}, `port "0"`},
		{Server{Address: "10.0.0.1:65536"}, `port "65536"`},
		{Server{Address: "10.0.0.1:-1"}, `port "-1"`},
		{Server{Address: "10.0.0.1:http"}, `port "http"`},
		{Server{Address: "10.0.0.1:80", Weight: -1}, "weight -1"},
		{Server{Drop: true, Weight: -1}, "weight -1"},
		{Server{Address: "10.0.0.1:80", Token: "a\nb"}, `token "a\nb"`},
		{Server{Address: "10.0.0.1:80", Token: "é"}, "printable ASCII"},
		{Server{Address: "10.0.0.1:80", Token: "\x7f"}, "printable ASCII"},
		{Server{Address: "10.0.0.1:80", Token: strings.Repeat("x", 50)}, "50 bytes"},
		{Server{Drop: true, Token: "\x00"}, "printable ASCII"},
		{Server{Address: "10.0.0.1:80", Token: "red "}, `token "red " begins or ends with a space`},
		{Server{Address: "10.0.0.1:80", Token: " red"}, "RFC 9113"},
		{Server{Drop: true, Token: " "}, "begins or ends with a space"},
		{Server{Drop: true, Address: "10.0.0.1:80"}, "a drop entry has no address"},
	} {
		got, err := test.server.wire("")
		if err == nil {
			t.Errorf("%+v: accepted as %v", test.server, got)
		} else if !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %q does not say %q", test.server, err, test.says)
		}
	}
}

func TestServer_Tokens(t *testing.T) {
	for _, token := range []string{"", "a b", "~", strings.Repeat("x", 49)} {
		if _, err := (Server{Address: "10.0.0.1:80", Token: token}).wire(""); err != nil {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

// The bound is on what is sent, to within the framing, and holds for any weight
// without the list being built.
func TestList_Bounded(t *testing.T) {
	servers := []Server{{Address: "10.0.0.1:80", Token: "t", Weight: 1000}, {Address: "10.0.0.2:80", Weight: 1}}
	size := proto.Size(listOf(t, servers...).message)
	if _, err := listAnswer(servers, "", size+listFraming); err != nil {
		t.Errorf("with room for it: %v", err)
	}
	if _, err := listAnswer(servers, "", size-1); err == nil || !strings.Contains(err.Error(), "entry 1") {
		t.Errorf("a byte too long: %v, want an error about the last entry", err)
	}
	servers[0].Weight = math.MaxInt
	if _, err := listAnswer(servers, "", defaultMaxListBytes); err == nil || !strings.Contains(err.Error(), "entry 0") {
		t.Errorf("an endless list: %v, want an error about entry 0", err)
	}
}

func TestAnswer_Equal(t *testing.T) {
	a := Server{Address: "10.0.0.1:80", Token: "a"}
	b := Server{Address: "10.0.0.2:80", Token: "b"}
	drop := Server{Drop: true, Token: "b"}
	kinds := map[string]*answer{
		"none":          nil,
		"fallback":      fallbackAnswer(),
		"empty":         listOf(t),
		"a":             listOf(t, a),
		"a b":           listOf(t, a, b),
		"b a":           listOf(t, b, a),
		"a drop":        listOf(t, a, drop),
		"other token":   listOf(t, Server{Address: a.Address, Token: "x"}),
		"other port":    listOf(t, Server{Address: "10.0.0.1:81", Token: "a"}),
		"other address": listOf(t, Server{Address: "10.0.0.3:80", Token: "a"}),
	}
	for n, x := range kinds {
		for m, y := range kinds {
			if got := x.equal(y); got != (n == m) {
				t.Errorf("%s equal to %s: %v", n, m, got)
			}
		}
	}
	if !listOf(t, a, b).equal(listOf(t, a, b)) || !fallbackAnswer().equal(fallbackAnswer()) {
		t.Error("answers made anew differ")
	}
}

// Whatever is accepted is a valid entry of the protocol.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{"10.0.0.1:80", "[::1]:80", "a:80", "[fe80::1%a]:1", ":0", "::ffff:1.2.3.4"} {
		f.Add(seed, "token")
	}
	f.Fuzz(func(t *testing.T, address, token string) {
		s, err := Server{Address: address, Token: token}.wire("")
		if err != nil {
			return
		}
		if n := len(s.IpAddress); n != 4 && n != 16 || s.Port < 1 || s.Port > 65535 {
			t.Errorf("%q gave ip %v port %d", address, s.IpAddress, s.Port)
		}
		if len(s.LoadBalanceToken) >= 50 {
			t.Errorf("a token of %d bytes", len(token))
		}
	})
}
