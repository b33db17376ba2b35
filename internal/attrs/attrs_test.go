package attrs_test

import (
	"math"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/attributes"

	"github.com/actorlb/grpclb/internal/attrs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type key struct{}

// own is a value that says itself whether it is equal, as gRPC lets values do.
type own struct{ of []int }

func (o own) Equal(other any) bool {
	p, ok := other.(own)
	return ok && len(o.of) == len(p.of)
}

// rash is one whose Equal takes the other value for one of its kind.
type rash struct{}

func (rash) Equal(other any) bool { return other.(rash) == rash{} }

func TestEqual(t *testing.T) {
	of := func(v any) *attributes.Attributes { return attributes.New(key{}, v) }
	m := of(map[string]any{"zone": "a"})
	for _, c := range []struct {
		name string
		a, b *attributes.Attributes
		want bool
	}{
		{"none", nil, nil, true},
		{"one without", of(1), nil, false},
		{"equal", of("x"), of("x"), true},
		{"different", of("x"), of("y"), false},
		{"maps", of(map[string]int{}), of(map[string]int{}), false},
		{"slices", of([]int{1}), of([]int{1}), false},
		{"functions", of(func() {}), of(func() {}), false},
		{"a map in a struct", of(struct{ v any }{map[int]int{}}), of(struct{ v any }{map[int]int{}}), false},
		{"a map and a number", of(map[string]int{}), of(1), false},
		{"the same pointer", m, m, true},
		{"an Equal of its own", of(own{[]int{1}}), of(own{[]int{2}}), true},
		{"an Equal that panics", of(rash{}), of(1), false},
	} {
		if got := attrs.Equal(c.a, c.b); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestComparable(t *testing.T) {
	good := attributes.New(key{}, own{[]int{1}}).WithValue("other", 1)
	if got := attrs.Comparable(good); got != good {
		t.Errorf("%v becomes %v", good, got)
	}
	if got := attrs.Comparable(nil); got != nil {
		t.Errorf("nothing becomes %v", got)
	}
	for _, v := range []any{[]int{}, map[string]int{}, func() {}, math.NaN(), struct{ v any }{[]int{}}} {
		if got := attrs.Comparable(good.WithValue("bad", v)); got != nil {
			t.Errorf("a %T is left in: %v", v, got)
		}
	}
}
