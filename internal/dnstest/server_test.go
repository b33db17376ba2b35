package dnstest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// started returns a server, and Go's own resolver asking it.
func started(t *testing.T) (*Server, *net.Resolver) {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, s.Addr())
	}}
}

func TestServer_Hosts(t *testing.T) {
	s, r := started(t)
	s.Set("LB.example.com", Host("127.0.0.1"), Host("2001:db8::7"))
	got, err := r.LookupHost(t.Context(), "lb.example.com.")
	slices.Sort(got)
	if want := []string{"127.0.0.1", "2001:db8::7"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestServer_SRV(t *testing.T) {
	s, r := started(t)
	s.Set("_grpclb._tcp.shop.example.com", SRV(2, 0, 82, "b.example.com"), SRV(1, 0, 81, "a.example.com"))
	_, got, err := r.LookupSRV(t.Context(), "grpclb", "tcp", "shop.example.com")
	if err != nil || len(got) != 2 {
		t.Fatalf("got %v, %v", got, err)
	}
	if *got[0] != (net.SRV{Target: "a.example.com.", Port: 81, Priority: 1}) {
		t.Errorf("first is %+v", *got[0])
	}
}

// A text that takes several strings arrives whole. It is too long for UDP too.
func TestServer_TXT(t *testing.T) {
	s, r := started(t)
	text := strings.Repeat("0123456789", 100)
	s.Set("shop.example.com", TXT(text))
	got, err := r.LookupTXT(t.Context(), "shop.example.com")
	if err != nil || len(got) != 1 || got[0] != text {
		t.Errorf("got %q, %v", got, err)
	}
}

// Records that do not fit into a packet are asked for again by TCP.
func TestServer_Truncates(t *testing.T) {
	s, r := started(t)
	var records []Record
	for i := range 60 {
		records = append(records, SRV(uint16(i), 0, 1, fmt.Sprintf("balancer-%d.example.com", i)))
	}
	s.Set("_grpclb._tcp.shop.example.com", records...)
	_, got, err := r.LookupSRV(t.Context(), "grpclb", "tcp", "shop.example.com")
	if err != nil || len(got) != 60 {
		t.Errorf("got %d records, %v", len(got), err)
	}
	if n := s.Asked("_grpclb._tcp.shop.example.com", dnsmessage.TypeSRV); n != 2 {
		t.Errorf("asked %d times, want 2: by UDP and by TCP", n)
	}
}

func TestServer_Unknown(t *testing.T) {
	s, r := started(t)
	s.Set("txt.example.com", TXT("hello"))
	s.Set("was.example.com", Host("127.0.0.1"))
	s.Remove("was.example.com")
	for _, name := range []string{"no.example.com.", "txt.example.com.", "was.example.com."} {
		_, err := r.LookupHost(t.Context(), name)
		var failed *net.DNSError
		if !errors.As(err, &failed) || !failed.IsNotFound {
			t.Errorf("%v: got %v, want not found", name, err)
		}
	}
}

// codeOf asks by UDP and returns the code of the answer.
func codeOf(t *testing.T, s *Server, name string) dnsmessage.RCode {
	t.Helper()
	conn, err := net.Dial("udp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(query(t, name)); err != nil {
		t.Fatal(err)
	}
	var p dnsmessage.Parser
	buffer := make([]byte, maxPacket)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	header, err := p.Start(buffer[:n])
	if err != nil {
		t.Fatal(err)
	}
	return header.RCode
}

func query(t *testing.T, name string) []byte {
	t.Helper()
	packed, err := (&dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7},
		Questions: []dnsmessage.Question{{Name: nameOf(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}).Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func TestServer_Codes(t *testing.T) {
	s, _ := started(t)
	s.Fail("flaky.example.com", dnsmessage.RCodeServerFailure)
	s.Set("empty.example.com")
	for name, want := range map[string]dnsmessage.RCode{
		"flaky.example.com":   dnsmessage.RCodeServerFailure,
		"empty.example.com":   dnsmessage.RCodeSuccess,
		"unknown.example.com": dnsmessage.RCodeNameError,
	} {
		if got := codeOf(t, s, name); got != want {
			t.Errorf("%v: got %v, want %v", name, got, want)
		}
	}
}

// What is no query is not answered, and does no harm. Neither is a name that
// the server is silent about. The question that comes after is.
func TestServer_Silent(t *testing.T) {
	s, _ := started(t)
	s.Silence("slow.example.com")
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, m := range [][]byte{{}, []byte("no query"), query(t, "slow.example.com"), query(t, "no.example.com")} {
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var length uint16
	if err := binary.Read(conn, binary.BigEndian, &length); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, length)
	if _, err := io.ReadFull(conn, first); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(first), "no\aexample") {
		t.Errorf("the first answer is %q, want that about no.example.com", first)
	}
}

func TestServer_Counts(t *testing.T) {
	s, _ := started(t)
	first, third := s.Await("shop.example.com", dnsmessage.TypeA, 1), s.Await("shop.example.com.", dnsmessage.TypeA, 3)
	codeOf(t, s, "shop.example.com")
	codeOf(t, s, "Shop.Example.Com")
	<-first
	if n := s.Asked("shop.example.com", dnsmessage.TypeA); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
	if n := s.Asked("shop.example.com", dnsmessage.TypeAAAA); n != 0 {
		t.Errorf("asked %d times for AAAA, want 0", n)
	}
	select {
	case <-third:
		t.Error("told of a third question that nobody asked")
	default:
	}
}

// Close ends streams that are open, and what is asked of a closed server
// returns.
func TestServer_Close(t *testing.T) {
	s, _ := started(t)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s.Close()
	s.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the stream is still open")
	}
	if n := s.Asked("shop.example.com", dnsmessage.TypeA); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// One type can fail while another is answered, until the name is set again.
func TestServer_OneType(t *testing.T) {
	s, r := started(t)
	s.Set("half.example.com", Host("127.0.0.1"), Host("2001:db8::7"))
	s.FailType("half.example.com", dnsmessage.TypeAAAA, dnsmessage.RCodeRefused)
	if got, err := r.LookupHost(t.Context(), "half.example.com."); err != nil || !slices.Equal(got, []string{"127.0.0.1"}) {
		t.Errorf("got %q, %v, want 127.0.0.1 alone", got, err)
	}
	s.Set("half.example.com", Host("2001:db8::7"))
	if got, err := r.LookupHost(t.Context(), "half.example.com."); err != nil || !slices.Equal(got, []string{"2001:db8::7"}) {
		t.Errorf("got %q, %v, want 2001:db8::7 alone", got, err)
	}
}
