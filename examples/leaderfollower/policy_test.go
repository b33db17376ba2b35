package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"
)

const (
	aWrite = testpb.TestService_UnaryCall_FullMethodName
	aRead  = testpb.TestService_CacheableUnaryCall_FullMethodName
)

// A conn is a connected backend that a picker only names.
type conn struct {
	balancer.SubConn // nil: a picker does nothing with it
	name             string
}

// conns are connected backends with these names.
func conns(names string) (all []balancer.SubConn) {
	for _, n := range strings.Fields(names) {
		all = append(all, &conn{name: n})
	}
	return all
}

// picks picks n calls of a method. A pick that fails ends it.
func picks(t *testing.T, p balancer.Picker, method string, n int) (string, error) {
	t.Helper()
	var names []string
	for range n {
		r, err := p.Pick(balancer.PickInfo{FullMethodName: method})
		if err != nil {
			return strings.Join(names, " "), err
		}
		names = append(names, r.SubConn.(*conn).name)
	}
	return strings.Join(names, " "), nil
}

// wantPicks has both kinds of calls picked, and compares.
func wantPicks(t *testing.T, p balancer.Picker, writes, reads string) {
	t.Helper()
	for method, want := range map[string]string{aWrite: writes, aRead: reads} {
		got, err := picks(t, p, method, len(strings.Fields(want)))
		if err != nil || got != want {
			t.Errorf("%s: picks %q, %v, want %q", method, got, err, want)
		}
	}
}

// Without a backend a call is picked again when there is one.
func TestPicker_NoBackendYet(t *testing.T) {
	for _, p := range []balancer.Picker{newPicker(nil, nil), pickers{}.Build(base.PickerBuildInfo{})} {
		for _, method := range []string{aWrite, aRead} {
			if _, err := picks(t, p, method, 1); err != balancer.ErrNoSubConnAvailable {
				t.Errorf("%s: error %v, want the one that has calls wait", method, err)
			}
		}
	}
}

func TestPicker_LeaderOnly(t *testing.T) {
	wantPicks(t, newPicker(conns("a"), nil), "a a a", "a a a")
}

func TestPicker_FollowersRotate(t *testing.T) {
	wantPicks(t, newPicker(conns("a"), conns("b")), "a a", "b b")
	wantPicks(t, newPicker(conns("a"), conns("b c d")), "a a a a a a a", "c d b c d b c")
}

// A backend that comes from the resolver, to fall back to, has no role.
func TestPicker_NoTokenIsAFollower(t *testing.T) {
	ready := map[balancer.SubConn]base.SubConnInfo{&conn{name: "f"}: {Address: resolver.Address{Addr: "192.0.2.1:80"}}}
	p := pickers{}.Build(base.PickerBuildInfo{ReadySCs: ready})
	wantPicks(t, p, "", "f f")
	if _, err := picks(t, p, aWrite, 1); !errors.Is(err, errNoLeader) {
		t.Errorf("a write: error %v, want %v", err, errNoLeader)
	}
}

// The turns of calls at the same time are as even.
func TestPicker_FollowersRotate_SideBySide(t *testing.T) {
	const callers, each = 8, 300
	p := newPicker(conns("a"), conns("b c d"))
	results := make(chan string, callers)
	for range callers {
		go func() {
			got, _ := picks(t, p, aRead, each)
			results <- got
		}()
	}
	var all []string
	for range callers {
		all = append(all, strings.Fields(<-results)...)
	}
	slices.Sort(all)
	want := slices.Concat(slices.Repeat([]string{"b"}, 800), slices.Repeat([]string{"c"}, 800), slices.Repeat([]string{"d"}, 800))
	if !slices.Equal(all, want) {
		t.Errorf("%d calls are not shared evenly", len(all))
	}
}

// What writes fail with is no status, or a call that waits for ready would fail
// too. Reads go on.
func TestPicker_NoLeader(t *testing.T) {
	wantFailure(t, newPicker(nil, conns("b c")), errNoLeader)
}

// Of two leaders none is believed.
func TestPicker_TwoLeaders(t *testing.T) {
	wantFailure(t, newPicker(conns("x y"), conns("b c")), errTwoLeaders)
}

func wantFailure(t *testing.T, p balancer.Picker, want error) {
	t.Helper()
	if _, err := picks(t, p, aWrite, 1); !errors.Is(err, want) {
		t.Errorf("a write: error %v, want %v", err, want)
	}
	if _, final := status.FromError(want); final {
		t.Errorf("%v is a status", want)
	}
	wantPicks(t, p, "", "c b c b")
}
