package tokens

import (
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

func TestList_Equal(t *testing.T) {
	base := []*lbpb.Server{backend(1, 80, "a"), drop("x"), backend(2, 80, "b")}
	for _, c := range []struct {
		name string
		list *List
		want bool
	}{
		{"the same", parse(base...), true},
		{"with a server that is skipped", parse(base[0], backend(7, 0, "z"), base[1], base[2]), true},
		{"in the IPv6 form", parse(
			&lbpb.Server{IpAddress: append(make([]byte, 10), 0xff, 0xff, 10, 0, 0, 1), Port: 80, LoadBalanceToken: "a"},
			base[1], base[2]), true},
		{"another order", parse(base[1], base[0], base[2]), false},
		{"one less", parse(base[:2]...), false},
		{"one more", parse(append(base[:3:3], base[0])...), false},
		{"another port", parse(backend(1, 81, "a"), base[1], base[2]), false},
		{"another token", parse(backend(1, 80, "A"), base[1], base[2]), false},
		{"another drop token", parse(base[0], drop("X"), base[2]), false},
		{"empty", parse(), false},
		{"none", nil, false},
	} {
		l := parse(base...)
		if got := l.Equal(c.list); got != c.want {
			t.Errorf("%s: Equal = %v, want %v", c.name, got, c.want)
		}
		if got := c.list.Equal(l); got != c.want {
			t.Errorf("%s, the other way round: Equal = %v, want %v", c.name, got, c.want)
		}
	}
}

// An empty list is not the same as no list.
func TestList_EqualOfEmptyAndNone(t *testing.T) {
	var none *List
	if !none.Equal(nil) {
		t.Error("no list differs from no list")
	}
	if none.Equal(parse()) || parse().Equal(none) {
		t.Error("an empty list equals no list")
	}
	if !parse().Equal(parse(backend(1, 0, "t"), drop("x"))) {
		t.Error("two empty lists differ")
	}
}
