package tokens

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// FuzzParse gives Parse any bytes as a list, and checks what the rest of the module relies
// on.
func FuzzParse(f *testing.F) {
	var before []byte
	for _, servers := range [][]*lbpb.Server{
		nil,
		{{}},
		{backend(1, 80, "a"), drop("x"), backend(1, 80, "a"), backend(2, 443, "")},
		{backend(1, 0, "t"), drop("x")},
		{backend(1, 65535, "t"), backend(1, 65536, "t"), backend(1, -1, "t")},
		{{IpAddress: net.ParseIP("2001:db8::1"), Port: 1, LoadBalanceToken: "v6"}},
		{{IpAddress: net.IPv4(10, 0, 0, 1).To16(), Port: 1, LoadBalanceToken: "mapped"}},
		{{IpAddress: []byte("10.0.0.1:80"), Port: 80}},
		{backend(1, 80, "\u00e9"), backend(1, 80, strings.Repeat("x", 51)), backend(1, 80, strings.Repeat("x", 1025)), backend(1, 80, " a")},
	} {
		wire, err := proto.Marshal(&lbpb.ServerList{Servers: servers})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire, before)
		f.Add(before, wire)
		before = wire
	}
	f.Add([]byte("\x0a\x00\x0a\x00\x0a\x00"), before) // servers that say nothing

	f.Fuzz(func(t *testing.T, wire, before []byte) {
		var sent, last lbpb.ServerList
		if proto.Unmarshal(wire, &sent) != nil || proto.Unmarshal(before, &last) != nil {
			return // never reaches Parse
		}
		l := Parse(&sent, nil)
		if diff := cmp.Diff(l, Parse(&sent, Parse(&last, nil)), cmp.AllowUnexported(Entry{}, endpoint{})); diff != "" {
			t.Errorf("the list before makes a difference (-without +with):\n%s", diff)
		}
		for i, e := range l.Entries {
			checkMetadata(t, i, e)
			if !e.Drop {
				checkDialable(t, i, e.Addr)
				checkSendable(t, i, e.Token)
			} else if e.Addr != "" {
				t.Errorf("entry %d is a drop with address %q", i, e.Addr)
			}
		}
		checkCounts(t, l, &sent)
		checkReadBack(t, l)
	})
}

// checkDialable checks that the address can be dialled.
func checkDialable(t *testing.T, i int, addr string) {
	a, err := netip.ParseAddrPort(addr)
	if err != nil || a.Port() == 0 || a.Addr().Is4In6() || a.String() != addr {
		t.Errorf("entry %d has address %q (%v)", i, addr, err)
	}
	if _, err := net.ResolveTCPAddr("tcp", addr); err != nil {
		t.Errorf("entry %d: %v", i, err)
	}
}

// checkSendable checks that gRPC allows the token in a header.
func checkSendable(t *testing.T, i int, token string) {
	notAllowed := func(r rune) bool { return r < 0x20 || r > 0x7e }
	if len(token) > 1024 || strings.ContainsFunc(token, notAllowed) || strings.Trim(token, " ") != token {
		t.Errorf("entry %d has token %q", i, token)
	}
}

// checkCounts checks that each server became an entry or was rejected. The exception is a
// list of which only drops would be left.
func checkCounts(t *testing.T, l *List, sent *lbpb.ServerList) {
	drops := 0
	for _, s := range sent.Servers {
		if s.Drop {
			drops++
		}
	}
	named := len(sent.Servers) - drops
	if l.Empty() != (named == l.RejectedCount && (named > 0 || drops == 0)) {
		t.Errorf("Empty() = %v with %d drops, %d of %d backends rejected", l.Empty(), drops, l.RejectedCount, named)
	}
	if !l.Empty() && (l.Drops() != drops || l.Backends() != named-l.RejectedCount) {
		t.Errorf("%d drops and %d backends of %d and %d, %d rejected",
			l.Drops(), l.Backends(), drops, named, l.RejectedCount)
	}
	if len(l.Rejected) != min(l.RejectedCount, described) || len(l.Warnings) != min(l.WarningCount, described) {
		t.Errorf("%d/%d rejections, %d/%d warnings in words", len(l.Rejected), l.RejectedCount,
			len(l.Warnings), l.WarningCount)
	}
}

// checkReadBack parses the entries once more, as a balancer would send them. The list must
// be the same without a fault, except for tokens that are empty or too long.
func checkReadBack(t *testing.T, l *List) {
	again := new(lbpb.ServerList)
	for _, e := range l.Entries {
		s := &lbpb.Server{LoadBalanceToken: e.Token, Drop: e.Drop}
		if !e.Drop {
			a := netip.MustParseAddrPort(e.Addr)
			s.IpAddress, s.Port = a.Addr().AsSlice(), int32(a.Port())
		}
		again.Servers = append(again.Servers, s)
	}
	if o := Parse(again, nil); !o.Equal(l) || o.RejectedCount != 0 {
		t.Errorf("read back as %v, want %v", o.Entries, l.Entries)
	}
}
