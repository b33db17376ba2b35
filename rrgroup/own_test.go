package rrgroup

import (
	"context"
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/hosted"
)

// A doorman counts the calls that were shown the door.
type doorman struct{ shown int }

func (d *doorman) Show(context.Context) { d.shown++ }

// A shut picker fails the test if it is asked.
type shut struct{ t *testing.T }

func (p shut) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	p.t.Error("the call got to a picker that is not to see it")
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// A closedGate fails the test if it is asked.
type closedGate struct{ t *testing.T }

func (g closedGate) Park(context.Context, uint64) error {
	g.t.Error("the call is parked")
	return nil
}

// Each picker that gRPC can get answers a call of ShowMethod itself and at once.
func TestDescribe_EachPicker(t *testing.T) {
	d := &doorman{}
	waits := waiting{gate: closedGate{t}, door: d}
	pickers := map[string]balancer.Picker{
		"waiting":     waits,
		"failing":     failing{own: waits},
		"dropping":    dropping{own: waits},
		"round robin": &roundRobin{door: d},
		"child":       &childPicker{door: d, drops: &dropTable{}},
		"preview":     shown{hosted.Preview{Serves: shut{t}, Rests: shut{t}}, d},
		"metadata":    ownMetadata{waits},
	}
	for name, p := range pickers {
		before := d.shown
		_, err := p.Pick(balancer.PickInfo{FullMethodName: ShowMethod, Ctx: t.Context()})
		if status.Code(err) != codes.Unimplemented || d.shown != before+1 {
			t.Errorf("%s: %v, shown %d times", name, err, d.shown-before)
		}
	}
}

// Mostly a comparison of lengths is enough to tell calls of users from the module's own.
func TestDescribe_MethodsHaveOneLength(t *testing.T) {
	if len(PingMethod) != len(ShowMethod) {
		t.Errorf("%q and %q differ in length", PingMethod, ShowMethod)
	}
	for method, want := range map[string]bool{PingMethod: true, ShowMethod: true, "/grpclb.Pong/Ping": false, "": false} {
		if got := isOwn(balancer.PickInfo{FullMethodName: method}); got != want {
			t.Errorf("%q: %v, want %v", method, got, want)
		}
	}
}
