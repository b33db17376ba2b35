package lbserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Names that are normalized alike are one service, whoever says them.
func TestServer_Names_Normalize(t *testing.T) {
	reports := make(chan Report, 1)
	r := onLoopback(t, Options{
		Normalize: func(s string) string { return strings.TrimSuffix(strings.ToLower(s), ":443") },
		OnReport:  func(rep Report) { reports <- rep },
	})
	r.set(t, "Svc:443", one(1))
	c, other := r.join(t, "svc"), r.join(t, "SVC:443")
	c.wantList(entry(1))
	other.wantList(entry(1))
	other.say(report(1))
	if got := <-reports; got.Service != "svc" || got.Client.Service != "svc" || got.Client.Asked != "SVC:443" {
		t.Errorf("the report is of %q, asked for as %q", got.Service, got.Client.Asked)
	}
	r.setFor(t, "sVc", "", one(2))
	c.wantList(entry(2))
	if got := r.Answers("SVC"); len(got) != 1 {
		t.Errorf("answers %v", got)
	}
	r.fallback("svc:443")
	c.wantFallback()
	r.expect("SvC") // it has an answer
	r.RemoveFor("SVC", "")
	c.wantEnd(codes.NotFound)
	r.set(t, "svc", one(3))
	r.Remove("SVC")
	ask(t, r.connect(t), "svc").wantEnd(codes.NotFound)
	if err := r.SetServers(":443", nil); err == nil {
		t.Error("a name that is normalized to nothing is taken")
	}
	ask(t, r.connect(t), ":443").wantEnd(codes.NotFound)
}

// The hook for names that are not known may make them known.
func TestServer_Names_OnUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		asked := make(chan string, 10)
		r = inMemory(t, Options{OnUnknown: func(c Client) {
			asked <- c.Service
			switch c.Service {
			case "found":
				r.set(t, "found", one(1))
			case "looked up":
				r.expect("looked up")
			}
		}})
		ask(t, r.connect(t), "nowhere").wantEnd(codes.NotFound)
		c := r.join(t, "found")
		c.wantList(entry(1))
		c = ask(t, r.connect(t), "looked up")
		time.Sleep(30 * time.Second)
		r.set(t, "looked up", one(2))
		c.wantInitial(0)
		c.wantList(entry(2))
		r.join(t, "looked up").wantList(entry(2))
		if n := len(asked); n != 3 {
			t.Errorf("asked %d times, want once for each name", n)
		}
	})
}

// A client may leave, and the balancer close, while the hook is at it.
func TestServer_Names_OnUnknown_Leaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{OnUnknown: func(Client) { time.Sleep(time.Second) }})
		c := ask(t, r.connect(t), "nowhere")
		synctest.Wait()
		c.hangUp()
		late := ask(t, r.connect(t), "nowhere")
		synctest.Wait()
		r.Close()
		late.wantEnd(codes.Unavailable)
		wantGoroutines(t, 0)
	})
}

// What Authorize says is how the call ends.
func TestServer_Authorize(t *testing.T) {
	classified := make(chan Client, 10)
	r := onLoopback(t, Options{
		Authorize: func(ctx context.Context, c Client) error {
			if ctx.Err() != nil || c.Peer.Addr == nil || c.Class != "" {
				return status.Error(codes.DataLoss, "not told what it needs")
			}
			switch c.Service {
			case "secret":
				return status.Error(codes.Unauthenticated, "show a certificate")
			case "wrapped":
				return fmt.Errorf("policy: %w", status.Error(codes.ResourceExhausted, "later"))
			case "broken":
				return errors.New("a secret")
			}
			return nil
		},
		Classify: func(c Client) string { classified <- c; return "" },
		OnBegin:  func(c Client) { classified <- c },
	})
	for _, service := range []string{greeter, "secret", "wrapped", "broken"} {
		r.set(t, service, one(1))
	}
	if text := ask(t, r.connect(t), "secret").wantEnd(codes.Unauthenticated); text != "show a certificate" {
		t.Errorf("the client is told %q", text)
	}
	ask(t, r.connect(t), "wrapped").wantEnd(codes.ResourceExhausted)
	if text := ask(t, r.connect(t), "broken").wantEnd(codes.PermissionDenied); strings.Contains(text, "a secret") {
		t.Errorf("the client is told %q", text)
	}
	if n := len(classified); n != 0 {
		t.Errorf("%d hooks were asked about clients that may not have the service", n)
	}
	r.join(t, greeter).wantList(entry(1))
}

// A client that has gone need not be authorized any more.
func TestServer_Authorize_ContextEndsWithTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{Authorize: func(ctx context.Context, _ Client) error {
			<-ctx.Done()
			return ctx.Err()
		}})
		c := ask(t, r.connect(t), greeter)
		synctest.Wait()
		wantGoroutines(t, 2)
		c.hangUp()
		wantGoroutines(t, 0)
	})
}

// Each client is asked for reports as often as its service or class wants.
func TestServer_ReportIntervalFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{
			ReportInterval: time.Minute,
			Classify:       func(Client) string { return "z1" },
			ReportIntervalFor: func(c Client) time.Duration {
				if c.Service == greeter && c.Class == "z1" {
					return 3 * time.Second
				}
				return 0
			},
		})
		r.set(t, greeter, one(1))
		r.set(t, "other", one(1))
		ask(t, r.connect(t), greeter).wantInitial(3 * time.Second)
		ask(t, r.connect(t), "other").wantInitial(0)
	})
}
