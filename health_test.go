package grpclb_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

const (
	serving    = healthpb.HealthCheckResponse_SERVING
	notServing = healthpb.HealthCheckResponse_NOT_SERVING
)

// healthName is what the service config has clients ask about.
const healthName = "health.test"

// checked is a service config with health checks, which gRPC makes for the
// SubConns whose policy wants it.
var checked = checkedBy(`{}`)

// checkedBy is checked with a config for the policy.
func checkedBy(config string) grpc.DialOption {
	return grpc.WithDefaultServiceConfig(
		`{"loadBalancingConfig":[{"grpclb":` + config + `}],"healthCheckConfig":{"serviceName":"` + healthName + `"}}`)
}

// A patient is a backend that says how it is.
type patient struct {
	*lbtest.Backend
	health *health.Server
}

// patients starts the backends 1 to n, which are serving.
func (w *world) patients(n int) []*patient {
	w.Helper()
	var all []*patient
	for i := range n {
		p := &patient{health: health.NewServer()}
		p.Backend = lbtest.NewBackend(w.T, w.network, i+1, grpc.UnknownServiceHandler(p.serveHealth))
		p.health.SetServingStatus(healthName, serving)
		all = append(all, p)
	}
	return all
}

// serveHealth gives the health server what the backend knows no service for.
func (p *patient) serveHealth(_ any, stream grpc.ServerStream) error {
	watch := healthpb.Health_ServiceDesc.Streams[0]
	method, _ := grpc.MethodFromServerStream(stream)
	if method != "/"+healthpb.Health_ServiceDesc.ServiceName+"/"+watch.StreamName {
		return status.Errorf(codes.Unimplemented, "no method %s", method)
	}
	return watch.Handler(p.health, stream)
}

// is changes what the backend says, and waits for what comes of it.
func (p *patient) is(how healthpb.HealthCheckResponse_ServingStatus) {
	p.health.SetServingStatus(healthName, how)
	synctest.Wait()
}

func TestFallback_HealthPicksWhoServes(t *testing.T) {
	inBubble(t, "", func(w *world) {
		p := w.patients(2)
		p[0].is(notServing)
		w.resolveTo(nil, p[0].Backend, p[1].Backend)
		same(w, "calls while 1 is not serving", w.calls(4), "2 2 2 2")
		p[0].is(serving)
		w.rotates("1 2")
		p[1].is(notServing)
		same(w, "calls while 2 is not serving", w.calls(4), "1 1 1 1")
		p[0].is(notServing)
		w.state(connectivity.TransientFailure)
		w.fails("fallback", "health", "NOT_SERVING")
		p[1].is(serving)
		w.served(2)
		same(w, "connections to 1", p[0].Conns(), 1) // they are not what ails them
		same(w, "connections to 2", p[1].Conns(), 1)
	}, checked)
}

// The balancer knows best which backends are well: a list's are not asked, and
// called whatever they would say.
func TestFallback_HealthIsNotForLists(t *testing.T) {
	inBubble(t, "", func(w *world) {
		p := w.patients(2)
		p[0].is(notServing)
		c := w.connect(p[1].Backend)
		w.send(c, p[0].Backend)
		w.served(1)
		p[0].is(serving)
		p[0].is(notServing)
		w.served(1)
	}, checked)
}

// A backend that a list named, and the resolver names too, is checked from
// fallback on, and not any more when there is a list again.
func TestFallback_HealthOfTheSameBackend(t *testing.T) {
	inBubble(t, "", func(w *world) {
		p := w.patients(1)
		p[0].is(notServing)
		c := w.connect(p[0].Backend)
		w.send(c, p[0].Backend)
		w.served(1)
		c.Fallback()
		w.state(connectivity.TransientFailure)
		w.fails("fallback", "NOT_SERVING")
		w.send(c, p[0].Backend)
		w.served(1)
	}, checked)
}

// The checks take the service config to ask for them, and the channel not to
// forbid them.
func TestFallback_HealthOnlyIfAskedFor(t *testing.T) {
	for name, options := range map[string][]grpc.DialOption{
		"no healthCheckConfig": nil,
		"disabled":             {checked, grpc.WithDisableHealthCheck()},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				p := w.patients(1)
				p[0].is(notServing)
				w.resolveTo(nil, p[0].Backend)
				w.served(1)
			}, options...)
		})
	}
}

// A child policy has what it asks for: pick_first asks for no health checks
// (gRFC A17).
func TestFallback_HealthWithAChild(t *testing.T) {
	inBubble(t, "", func(w *world) {
		p := w.patients(2)
		p[0].is(notServing)
		w.resolveTo(nil, p[0].Backend, p[1].Backend)
		same(w, "calls while 1 is not serving", w.calls(2), "1 1")
		w.send(w.connect(p[0].Backend, p[1].Backend), p[0].Backend)
		w.served(1)
	}, checkedBy(`{"childPolicy":[{"pick_first":{}}]}`))
}

// Whatever picks, calls that are not wait-for-ready fail at once when a backend
// turns unwell, and say so; unless the policy asks for no health checks.
func TestFallback_Health_FailsFast(t *testing.T) {
	for _, child := range []string{"round_robin", "least_request_experimental", "pick_first", lazyChild} {
		for n := 1; n <= 2; n++ {
			t.Run(fmt.Sprintf("%s over %d", child, n), func(t *testing.T) {
				inBubble(t, "", func(w *world) {
					var of []*lbtest.Backend
					p := w.patients(n)
					for _, p := range p {
						of = append(of, p.Backend)
					}
					w.resolveTo(nil, of...)
					w.servedBy(of...)
					for _, p := range p {
						p.is(notServing)
					}
					if child == "pick_first" || child == lazyChild { // which is pick_first
						w.servedBy(of...)
						return
					}
					w.state(connectivity.TransientFailure)
					w.fails("in fallback", "NOT_SERVING")
					p[0].is(serving)
					w.served(1)
				}, checkedBy(`{"childPolicy":[{"`+child+`":{}}]}`))
			})
		}
	}
}

// By config, a list's backends are checked too, by what picks and as it asks for it.
func TestFallback_Health_All(t *testing.T) {
	for _, child := range []string{"round_robin", "least_request_experimental"} {
		t.Run(child, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				p := w.patients(2)
				p[0].is(notServing)
				c := w.connect()
				w.send(c, p[0].Backend, p[1].Backend)
				same(w, "calls while 1 is not serving", w.calls(3), "2 2 2")
				p[1].is(notServing)
				w.fails("server list", "NOT_SERVING")
				p[0].is(serving)
				w.served(1)
				same(w, "connections", p[0].Conns()+p[1].Conns(), 2)
			}, checkedBy(`{"backendHealthCheck":"all","childPolicy":[{"`+child+`":{}}]}`))
		})
	}
}

// A backend that has no health service is as well as can be known.
func TestFallback_HealthUnknown(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolveTo(nil, w.backends(1)...)
		w.served(1)
	}, checked)
}
