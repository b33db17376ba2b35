package tokens

import (
	"net"
	"slices"
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

func TestList_Order(t *testing.T) {
	checkEntries(t,
		parse(backend(3, 80, "c"), drop("x"), backend(1, 80, "a"), drop("y"), backend(2, 80, "b")),
		wantEntry{addr: "10.0.0.3:80", token: "c"},
		wantEntry{token: "x", drop: true},
		wantEntry{addr: "10.0.0.1:80", token: "a"},
		wantEntry{token: "y", drop: true},
		wantEntry{addr: "10.0.0.2:80", token: "b"},
	)
}

func TestList_Duplicates(t *testing.T) {
	l := parse(backend(1, 80, "a"), backend(2, 80, "b"), backend(1, 80, "a"), backend(1, 80, "a"))
	checkEntries(t, l,
		wantEntry{addr: "10.0.0.1:80", token: "a"},
		wantEntry{addr: "10.0.0.2:80", token: "b"},
		wantEntry{addr: "10.0.0.1:80", token: "a"},
		wantEntry{addr: "10.0.0.1:80", token: "a"},
	)
	if got := l.Backends(); got != 4 {
		t.Errorf("Backends() = %d, want each duplicate counted: 4", got)
	}
}

func TestList_Invalid(t *testing.T) {
	v4, v6 := net.IPv4(10, 0, 0, 1).To4(), net.ParseIP("2001:db8::1")
	for _, c := range []struct {
		name   string
		ip     []byte
		port   int32
		addr   string // empty: skipped
		reason string
	}{
		{"lowest port", v4, 1, "10.0.0.1:1", ""},
		{"highest port", v4, 65535, "10.0.0.1:65535", ""},
		{"IPv6", v6, 443, "[2001:db8::1]:443", ""},
		{"IPv4 in its IPv6 form", v4.To16(), 80, "10.0.0.1:80", ""},
		{"port zero", v4, 0, "", "port 0 is not in 1..65535"},
		{"port above", v4, 65536, "", "port 65536 is not in 1..65535"},
		{"port that would wrap to 80", v4, 65536 + 80, "", "port 65616 is not in 1..65535"},
		{"negative port", v4, -1, "", "port -1 is not in 1..65535"},
		{"no IP", nil, 80, "", "IP address of 0 bytes, want 4 or 16"},
		{"short IP", v4[:3], 80, "", "IP address of 3 bytes, want 4 or 16"},
		{"IP between the two", v6[:5], 80, "", "IP address of 5 bytes, want 4 or 16"},
		{"long IP", append(slices.Clone(v6), 0), 80, "", "IP address of 17 bytes, want 4 or 16"},
		{"IP as text", []byte("10.0.0.1"), 80, "", "IP address of 8 bytes, want 4 or 16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := parse(backend(9, 80, "t"), &lbpb.Server{IpAddress: c.ip, Port: c.port, LoadBalanceToken: "t"})
			want := []wantEntry{{addr: "10.0.0.9:80", token: "t"}}
			if c.addr != "" {
				want = append(want, wantEntry{addr: c.addr, token: "t"})
			}
			checkEntries(t, l, want...)
			if c.reason == "" {
				if l.RejectedCount != 0 || len(l.Rejected) != 0 {
					t.Errorf("rejected %v, want nothing", l.Rejected)
				}
				return
			}
			if got, want := l.Rejected, []Remark{{1, c.reason}}; !slices.Equal(got, want) || l.RejectedCount != 1 {
				t.Errorf("rejected %d: %v, want %v", l.RejectedCount, got, want)
			}
		})
	}
}

// An invalid entry is left out. Its neighbours stay in their order.
func TestList_InvalidIsSkippedWithItsPlaceReported(t *testing.T) {
	l := parse(drop("x"), backend(1, 0, "bad"), backend(2, 80, "b"), nil, backend(3, 80, "c"))
	checkEntries(t, l,
		wantEntry{token: "x", drop: true},
		wantEntry{addr: "10.0.0.2:80", token: "b"},
		wantEntry{addr: "10.0.0.3:80", token: "c"},
	)
	want := []Remark{{1, "port 0 is not in 1..65535"}, {3, "port 0 is not in 1..65535"}}
	if !slices.Equal(l.Rejected, want) || l.RejectedCount != 2 {
		t.Errorf("rejected %d: %v, want %v", l.RejectedCount, l.Rejected, want)
	}
	if l.WarningCount != 0 {
		t.Errorf("warnings %v about the tokens of servers that were skipped", l.Warnings)
	}
}

func TestList_InvalidBackendsAloneAreAnEmptyList(t *testing.T) {
	for name, l := range map[string]*List{
		"one":        parse(backend(1, 0, "t")),
		"with drops": parse(drop("x"), backend(1, 0, "t"), drop("y")),
	} {
		if !l.Empty() || l.Backends() != 0 || l.Drops() != 0 {
			t.Errorf("%s: %v is not empty", name, l.Entries)
		}
		if l.RejectedCount != 1 {
			t.Errorf("%s: %d rejected, want 1", name, l.RejectedCount)
		}
	}
	if l := parse(drop("x"), backend(1, 0, "t"), backend(2, 80, "t")); l.Empty() || l.Drops() != 1 {
		t.Errorf("%v: a list with one valid backend must keep it and its drops", l.Entries)
	}
}

func TestList_Empty(t *testing.T) {
	for name, l := range map[string]*List{
		"no list":    nil,
		"nil":        Parse(nil, nil),
		"no servers": parse(),
	} {
		if !l.Empty() || l.Backends() != 0 || l.Drops() != 0 {
			t.Errorf("%s: not empty", name)
		}
	}
	if l := parse(backend(1, 80, "t")); l.Empty() || l.Backends() != 1 || l.Drops() != 0 {
		t.Error("a list of one backend is empty")
	}
}

// A list that has only drops is not empty: every call is dropped.
func TestDrop_ListOfDropsAloneIsNotEmpty(t *testing.T) {
	l := parse(drop("x"), drop("x"))
	if l.Empty() || l.Backends() != 0 || l.Drops() != 2 {
		t.Errorf("empty %v, %d backends, %d drops, want a list of 2 drops", l.Empty(), l.Backends(), l.Drops())
	}
}

// A drop has no address. If the balancer sends one, it is ignored.
func TestDrop_AddressOfADropIsIgnored(t *testing.T) {
	withAddress := backend(1, 80, "x")
	withAddress.Drop = true
	broken := backend(1, -7, "y")
	broken.Drop = true
	l := parse(withAddress, broken)
	checkEntries(t, l, wantEntry{token: "x", drop: true}, wantEntry{token: "y", drop: true})
	if l.RejectedCount != 0 {
		t.Errorf("rejected %v", l.Rejected)
	}
}
