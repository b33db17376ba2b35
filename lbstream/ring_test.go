package lbstream

import (
	"testing"
	"time"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

// Too early a ring, one for a wait that is over, and one that nobody waits for.
func TestRetry_RingsForNobody(t *testing.T) {
	now := time.Unix(0, 0)
	r := retryCore{backoff: steady}
	if _, ok := r.rang(now); ok {
		t.Error("rang before any stream")
	}
	r.ended(now, streamEnded{stream: 7}, 0.5)
	if _, ok := r.rang(now.Add(time.Second - 1)); ok {
		t.Error("rang early")
	}
	if d, ok := r.rang(now.Add(time.Second)); !ok || d.after != 7 {
		t.Errorf("rang in time: %v %t", d, ok)
	}
	if _, ok := r.rang(now.Add(time.Hour)); ok {
		t.Error("rang twice")
	}
}

func TestTarget_Same(t *testing.T) {
	a, b := resolver.Address{Addr: "a"}, resolver.Address{Addr: "b"}
	named, marked := a, a
	named.ServerName = "lb"
	marked.Attributes = attributes.New("zone", "z")
	type list = []resolver.Address
	for name, c := range map[string]struct {
		one, other  list
		order, sets bool
	}{
		"equal":      {list{a, b}, list{a, b}, true, true},
		"reordered":  {list{a, b}, list{b, a}, false, true},
		"repeated":   {list{a, b}, list{a, b, a}, false, true},
		"more":       {list{a}, list{a, b}, false, false},
		"fewer":      {list{a, b}, list{b}, false, false},
		"none":       {list{}, nil, true, true},
		"named":      {list{a}, list{named}, false, false},
		"attributes": {list{a}, list{marked}, false, false},
	} {
		if sameOrder(c.one, c.other) != c.order || sameSet(c.one, c.other) != c.sets {
			t.Errorf("%s: same order %t, same set %t", name, !c.order, sameSet(c.one, c.other))
		}
	}
}
