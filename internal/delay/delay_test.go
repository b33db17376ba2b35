package delay

import (
	"math"
	"testing"
	"time"

	"google.golang.org/grpc/backoff"
)

func TestRetry_Backoff_Defaults(t *testing.T) {
	want := backoff.Config{BaseDelay: time.Second, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Minute}
	if backoff.DefaultConfig != want {
		t.Errorf("default: %+v, want %+v", backoff.DefaultConfig, want)
	}
	for name, bad := range map[string]backoff.Config{
		"negative": {BaseDelay: -1, Multiplier: -1, Jitter: -1, MaxDelay: -1},
		"NaN":      {Multiplier: math.NaN(), Jitter: math.NaN()},
		"too much": {Multiplier: 0.99, Jitter: 1.01},
	} {
		if got := Valid(bad, want); got != want {
			t.Errorf("%s: %+v, want the default", name, got)
		}
	}
	plain := want
	plain.Jitter = 0
	if got := Valid(backoff.Config{}, want); got != plain {
		t.Errorf("zero: %+v, want the default without jitter", got)
	}
}

// The first delay has jitter too, and the bound comes before it. Nothing overflows.
func TestRetry_Backoff_JitterRange(t *testing.T) {
	almost := math.Nextafter(1, 0)
	steep := backoff.Config{BaseDelay: time.Hour, Multiplier: 10, Jitter: 1, MaxDelay: math.MaxInt64}
	for _, c := range []struct {
		config            backoff.Config
		earlier           int
		low, middle, high time.Duration
	}{
		{backoff.DefaultConfig, 0, 800 * time.Millisecond, time.Second, 1200 * time.Millisecond},
		{backoff.DefaultConfig, 1, 1280 * time.Millisecond, 1600 * time.Millisecond, 1920 * time.Millisecond},
		{backoff.DefaultConfig, 11, 96 * time.Second, 2 * time.Minute, 144 * time.Second},
		{backoff.DefaultConfig, math.MaxInt, 96 * time.Second, 2 * time.Minute, 144 * time.Second},
		{steep, 1000, 0, math.MaxInt64, math.MaxInt64},
	} {
		low, middle, high := After(c.config, c.earlier, 0), After(c.config, c.earlier, 0.5), After(c.config, c.earlier, almost)
		if low != c.low || middle != c.middle || high.Round(time.Microsecond) != c.high.Round(time.Microsecond) {
			t.Errorf("after %d: %v, %v and %v, want %v, %v and %v", c.earlier, low, middle, high, c.low, c.middle, c.high)
		}
	}
}

// Whatever the figures, a delay is neither negative nor beyond its bound.
func FuzzBackoff(f *testing.F) {
	f.Add(int64(time.Second), 1.6, 0.2, int64(120*time.Second), 5, 0.5)
	f.Add(int64(math.MaxInt64), math.Inf(1), 1.0, int64(math.MaxInt64), 2, 0.999)
	f.Add(int64(-1), math.NaN(), math.NaN(), int64(0), math.MaxInt, 0.0)
	f.Fuzz(func(t *testing.T, base int64, multiplier, jitter float64, bound int64, earlier int, random float64) {
		if earlier < 0 || !(random >= 0 && random < 1) {
			return // After is not asked that
		}
		c := Valid(backoff.Config{BaseDelay: time.Duration(base), Multiplier: multiplier, Jitter: jitter, MaxDelay: time.Duration(bound)},
			backoff.DefaultConfig)
		d := After(c, earlier, random)
		if d < 0 || float64(d) > float64(c.MaxDelay)*(1+c.Jitter) {
			t.Errorf("%+v after %d: %v", c, earlier, d)
		}
	})
}
