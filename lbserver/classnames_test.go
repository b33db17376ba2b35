package lbserver

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// A class is a name as that of a service is, but that it may be empty.
func TestServer_Classes_Refused(t *testing.T) {
	r := onLoopback(t, Options{Classify: func(c Client) string { return strings.Repeat("x", len(c.Metadata.Get("zone")[0])*100) + "\xff" }})
	r.set(t, greeter, one(1))
	for class, want := range map[string]string{
		strings.Repeat("x", 256): "256 bytes",
		"\xff":                   "not UTF-8",
	} {
		for _, err := range []error{r.SetServersFor(greeter, class, []Server{one(1)}), r.SetFallbackFor(greeter, class)} {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `service "greeter.example.com:443"`) {
				t.Errorf("class %q: error %v, want one of %q", class, err, want)
			}
		}
		r.RemoveFor(greeter, class)
	}
	if text := r.askAs(t, greeter, "z").wantEnd(codes.InvalidArgument); !strings.Contains(text, "not UTF-8") {
		t.Errorf("a client whose class is not UTF-8 is told %q", text)
	}
	if text := r.askAs(t, greeter, "zzz").wantEnd(codes.InvalidArgument); !strings.Contains(text, "301 bytes") {
		t.Errorf("a client whose class is too long is told %q", text)
	}
	if err := r.SetServersFor(greeter, strings.Repeat("x", 255), []Server{one(1)}); err != nil {
		t.Errorf("a class of 255 bytes: %v", err)
	}
	r.Close()
	if err := r.SetFallbackFor(greeter, ""); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed balancer says %v", err)
	}
}
