package lbstream

import (
	"math"
	"testing"
	"time"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"
)

func TestRetry_Backoff_Defaults(t *testing.T) {
	want := Backoff{InitialDelay: time.Second, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Minute}
	if DefaultBackoff != want {
		t.Errorf("default: %+v, want %+v", DefaultBackoff, want)
	}
	for name, bad := range map[string]Backoff{
		"negative": {-1, -1, -1, -1},
		"NaN":      {0, math.NaN(), math.NaN(), 0},
		"too much": {0, 0.99, 1.01, 0},
	} {
		if got := bad.normal(); got != want {
			t.Errorf("%s: %+v, want the default", name, got)
		}
	}
	plain := want
	plain.Jitter = 0
	if got := (Backoff{}).normal(); got != plain {
		t.Errorf("zero: %+v, want the default without jitter", got)
	}
}

// The first delay has jitter too, and the bound comes before it.
func TestRetry_Backoff_JitterRange(t *testing.T) {
	almost := math.Nextafter(1, 0)
	for _, c := range []struct {
		earlier   int
		low, high time.Duration
	}{
		{0, 800 * time.Millisecond, 1200 * time.Millisecond},
		{1, 1280 * time.Millisecond, 1920 * time.Millisecond},
		{11, 96 * time.Second, 144 * time.Second},
		{math.MaxInt, 96 * time.Second, 144 * time.Second},
	} {
		low, high := DefaultBackoff.delay(c.earlier, 0), DefaultBackoff.delay(c.earlier, almost)
		if low != c.low || high.Round(time.Microsecond) != c.high {
			t.Errorf("after %d: %v to %v, want %v to %v", c.earlier, low, high, c.low, c.high)
		}
	}
}

// Whatever the figures, a delay is neither negative nor beyond its bound.
func FuzzBackoff(f *testing.F) {
	f.Add(int64(time.Second), 1.6, 0.2, int64(120*time.Second), 5, 0.5)
	f.Add(int64(math.MaxInt64), math.Inf(1), 1.0, int64(math.MaxInt64), 2, 0.999)
	f.Add(int64(-1), math.NaN(), math.NaN(), int64(0), math.MaxInt, 0.0)
	f.Fuzz(func(t *testing.T, initial int64, multiplier, jitter float64, bound int64, earlier int, random float64) {
		if earlier < 0 || !(random >= 0 && random < 1) {
			return // delay is not asked that
		}
		b := Backoff{time.Duration(initial), multiplier, jitter, time.Duration(bound)}.normal()
		d := b.delay(earlier, random)
		if d < 0 || float64(d) > float64(b.MaxDelay)*(1+b.Jitter) {
			t.Errorf("%+v after %d: %v", b, earlier, d)
		}
	})
}

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
