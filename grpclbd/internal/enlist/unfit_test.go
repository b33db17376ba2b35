package enlist

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/register"
)

// A server that is not healthy after 5 s is logged once, with the reason. One that was healthy before is not, nor one that stops.
func TestRegister_Command_NotHealthyYet(t *testing.T) {
	for name, c := range map[string]struct {
		before []step
		want   bool
	}{
		"never healthy":  {[]step{{0, bad, nil}, {4, bad, nil}}, true},
		"healthy before": {[]step{{1, good, nil}}, false},
		"it stops":       {[]step{{1, sig, nil}}, false},
	} {
		core, start := newTestCore(), time.Unix(0, 0)
		core.warnAt = start.Add(patience)
		for _, s := range c.before {
			s.event(core, start.Add(time.Duration(s.at)*time.Second))
			if slices.Contains(core.do(), wantWarn) {
				t.Errorf("%s: it is logged after %d s", name, s.at)
			}
		}
		core.checked(start.Add(5*time.Second), false)
		if got := slices.Contains(core.do(), wantWarn); got != c.want {
			t.Errorf("%s: it is logged: %v", name, got)
		}
		core.checked(start.Add(6*time.Second), false)
		if slices.Contains(core.do(), wantWarn) {
			t.Errorf("%s: it is logged again", name)
		}
	}
	var log bytes.Buffer
	r := &runner{Options: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	core := &core{fall: 2, interval: time.Second, warnAt: time.Now()}
	for range 3 {
		r.handle(core, checked{errors.New("refused")})
		r.do(core)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=WARN") || !strings.Contains(text, "not healthy yet, so it is not registered") || !strings.Contains(text, "why=refused") {
		t.Errorf("the log has %s", text)
	}
}

// What is logged about a server without the health service, or without the name in it, says which flag helps.
func TestRegister_Command_Advice(t *testing.T) {
	for want, with := range map[string]bool{"use -health tcp or -health none": false, "-health-service": true} {
		listener, err := net.Listen("tcp", address(t))
		if err != nil {
			t.Fatal(err)
		}
		server := grpc.NewServer()
		if with {
			healthpb.RegisterHealthServer(server, health.NewServer())
		}
		go func() { _ = server.Serve(listener) }()
		c, err := newChecker(Options{Register: register.Options{Address: listener.Addr().String()}, Health: HealthGRPC, Service: "unknown", Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.check(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
		c.close()
		server.Stop()
	}
}
