package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/internal/lbtest"
	_ "github.com/actorlb/grpclb/lbresolver"

	testpb "google.golang.org/grpc/interop/grpc_testing"
)

func static(name, token string) string {
	return fmt.Sprintf("- {name: %q, sources: [{static: [127.0.0.1:1], token: %s}]}\n", name, token)
}

// Until each source has spoken, clients are sent to the next balancer; names that are not
// configured are never known.
func TestReady_Clients(t *testing.T) {
	file := filepath.Join(t.TempDir(), "b.yaml")
	d := begin(t, "ready", "services:\n"+static("fine", "a")+fmt.Sprintf("- {name: late, aliases: [Late, 'late:443'], sources: [{file: %q}]}\n", file))
	waitHealth(t, d, healthpb.HealthCheckResponse_NOT_SERVING)
	ask(t, d, "late").wants(unavailable)
	ask(t, d, "nobody").wants(notFound)
	eventually(t, d, "fine", "a")
	if s := d.State(); s.Ready || len(s.NotReady) != 1 || !strings.Contains(s.NotReady[0], "late") {
		t.Errorf("ready %v, %q", s.Ready, s.NotReady)
	}
	if ready, why := d.Ready(); ready || len(why) != 1 || !strings.Contains(why[0], "late") {
		t.Errorf("ready %v, %q", ready, why)
	}
	if err := os.WriteFile(file, []byte("[{address: 127.0.0.1:2, token: b}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	for _, name := range []string{"late", "Late", "late:443"} {
		ask(t, d, name).wants("b")
	}
	ask(t, d, "nobody").wants(notFound)
	if ready, why := d.Ready(); !ready || len(why) != 0 {
		t.Errorf("ready %v, %q", ready, why)
	}
}

// A balancer that is not ready says that it lives: whoever restarts what is dead leaves it alone.
func TestReady_Lives(t *testing.T) {
	d := begin(t, "lives", fmt.Sprintf("services:\n- {name: late, sources: [{file: %q}]}\n", filepath.Join(t.TempDir(), "b.yaml")))
	waitHealth(t, d, healthpb.HealthCheckResponse_NOT_SERVING)
	got, err := healthpb.NewHealthClient(dial(t, d)).Check(t.Context(), &healthpb.HealthCheckRequest{Service: "livez"})
	if err != nil || got.Status != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("livez: %v, error %v", got.GetStatus(), err)
	}
}

// Who watches the balancer's health does not keep it from stopping.
func TestStop_HealthWatched(t *testing.T) {
	d := begin(t, "watched", "services:\n"+static("fine", "a"))
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	w, err := healthpb.NewHealthClient(dial(t, d)).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Recv(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	d.Stop(context.Background())
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to stop", took)
	}
}

// The other replicas do not hear that a replica which stops has no services.
func TestStop_TotalsAreWhole(t *testing.T) {
	d := begin(t, "totals", "services:\n"+static("fine", "a"))
	ctx, stop := context.WithCancel(t.Context())
	if r, whole := d.replica(ctx); !whole || len(r.Services) != 1 {
		t.Errorf("totals %+v, whole %v", r, whole)
	}
	stop()
	d.group.Stop()
	if r, whole := d.replica(ctx); whole {
		t.Errorf("after the end the totals are %+v", r)
	}
}

// A service that the configuration no longer has is not known any more.
func TestConfig_ReloadClients(t *testing.T) {
	d := begin(t, "reload", "services:\n"+static("one", "a")+static("two", "a"))
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	one, two := ask(t, d, "one"), ask(t, d, "two")
	one.wants("a")
	two.wants("a")
	next, err := config.Parse("test", []byte("services:\n"+static("one", "b")+static("three", "c")))
	if err != nil {
		t.Fatal(err)
	}
	d.ConfigSaid(next, time.Now())
	one.wants("b")
	two.wants(notFound)
	eventually(t, d, "three", "c")
}

// reload is ConfigSaid with services as YAML has them.
func reload(t *testing.T, d *Daemon, services string) {
	t.Helper()
	cfg, err := config.Parse("test", []byte("services:\n"+services))
	if err != nil {
		t.Fatal(err)
	}
	d.ConfigSaid(cfg, time.Now())
}

// aliased is static with an alias.
func aliased(name, alias string) string {
	return strings.Replace(static(name, name), "sources", "aliases: ["+alias+"], sources", 1)
}

// A name that moves from one service to another is never unknown, and nobody gets another's list.
// Clients that are connected go on with the new service.
func TestConfig_NamesMove(t *testing.T) {
	apart := static("a", "a") + aliased("b", "x") + static("c", "c")
	joined := aliased("a", "x") + aliased("b", "c") + static("d", "d")
	d := begin(t, "names", "services:\n"+apart)
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	kept, x, c := ask(t, d, "b"), ask(t, d, "x"), ask(t, d, "c")
	kept.wants("b")
	x.wants("b")
	c.wants("c")
	for range 20 {
		for _, now := range []struct{ services, x, c string }{{joined, "a", "b"}, {apart, "b", "c"}} {
			reload(t, d, now.services)
			d.State()
			d.State() // what was asked before is done
			for name, want := range map[string]string{"a": "a", "b": "b", "x": now.x, "c": now.c} {
				// Service c is new in each round. Until it is ready, b has its name.
				if got := ask(t, d, name).next(); got != want && !(name == "c" && got == "b") {
					t.Fatalf("a client that asks for %q gets %q, want %q", name, got, want)
				}
			}
			x.wants(now.x)
			c.wants(now.c)
		}
	}
	if n := d.balancer.State().Totals.Ended["NOT_FOUND"]; n != 0 {
		t.Errorf("%d streams have ended with NOT_FOUND", n)
	}
	for _, a := range d.balancer.Answers("b") {
		for _, s := range a.Servers {
			if s.Token != "b" {
				t.Errorf("service b has %+v", s)
			}
		}
	}
}

// A client that moves is one of the new service: on the page, in its reports, and when it ends.
func TestConfig_NamesMove_Counts(t *testing.T) {
	d := begin(t, "counts", "services:\n"+static("a", "a")+aliased("b", "x"))
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	x := ask(t, d, "x")
	x.wants("b")
	x.reports(5)
	until(t, d, "a: 0 clients, 0 calls; b: 1 clients, 5 calls; x has zone \"\", 5 calls")
	reload(t, d, aliased("a", "x")+static("b", "b"))
	x.wants("a")
	x.reports(7)
	until(t, d, "a: 1 clients, 7 calls; b: 0 clients, 5 calls; x has zone \"\", 7 calls")
	reload(t, d, "- {name: a, aliases: [x], zones: {clients: {127.0.0.0/8: z1}}, sources: [{static: [127.0.0.1:1], token: a}]}\n"+static("b", "b"))
	x.reports(1)
	until(t, d, "a: 1 clients, 8 calls; b: 0 clients, 5 calls; x has zone \"z1\", 8 calls")
	x.CloseSend()
	x.hangUp()
	until(t, d, "a: 0 clients, 8 calls; b: 0 clients, 5 calls")
	if opened := d.balancer.State().Totals.Opened; opened != 1 {
		t.Errorf("%d streams were opened", opened)
	}
}

// until waits until the clients and their calls are as wanted.
func until(t *testing.T, d *Daemon, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(patience); time.Now().Before(end); {
		var words []string
		s := d.State()
		for _, v := range s.Services {
			words = append(words, fmt.Sprintf("%s: %d clients, %d calls", v.Name, v.Total.Clients, v.Total.Started))
		}
		for _, c := range s.Clients {
			words = append(words, fmt.Sprintf("%s has zone %q, %d calls", c.Asked, c.Zone, c.Started))
		}
		if got = strings.Join(words, "; "); got == want {
			return
		}
	}
	t.Errorf("the state is %s; want %s", got, want)
}

// A connected client that may not have the service to which its name has moved is told so.
func TestConfig_NamesMove_Denied(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.json")
	text := `{"name": "test", "allow_rules": [{"name": "open", "request": {"headers": [{"key": "grpclb-service", "values": ["b", "c"]}]}}]}`
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := begin(t, "denied", fmt.Sprintf("authz: %q\nservices:\n", policy)+static("a", "a")+aliased("b", "x")+static("c", "c"))
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	x, b, c := ask(t, d, "x"), ask(t, d, "b"), ask(t, d, "c")
	x.wants("b")
	b.wants("b")
	c.wants("c")
	reload(t, d, aliased("a", "x")+static("b", "b"))
	x.wants(denied)
	c.wants(notFound)
	reload(t, d, static("a", "a")+static("b", "b2"))
	b.wants("b2")
}

// Clients that are connected when zones or subsets change get the list of the class that they are of
// now.
func TestClass_OfConnectedClients_Reload(t *testing.T) {
	service := func(fields string) string {
		return "- {name: s, " + fields + "sources: [{static: [127.0.0.1:1], zone: z1, token: a}, {static: [127.0.0.1:2, 127.0.0.1:3], zone: z2, token: b}]}\n"
	}
	d := begin(t, "classes", "services:\n"+service(""))
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	g := ask(t, d, "s")
	g.wants("a b b")
	reload(t, d, service("zones: {clients: {127.0.0.0/8: z1}}, "))
	g.wants("a")
	reload(t, d, service("zones: {clients: {127.0.0.0/8: z2}}, "))
	g.wants("b b")
	reload(t, d, service("zones: {clients: {127.0.0.0/8: z2}}, subset: 1, "))
	g.wants("b")
	reload(t, d, service(""))
	g.wants("a b b")
}

// An override at one replica is in force at the other in a moment.
func TestOverride_EveryReplica(t *testing.T) {
	const service = "services:\n- {name: shared, sources: [{static: [127.0.0.1:1, 127.0.0.2:1], token: a}]}\n"
	first, second := begin(t, "first", service), begin(t, "second", service)
	waitHealth(t, first, healthpb.HealthCheckResponse_SERVING)
	waitHealth(t, second, healthpb.HealthCheckResponse_SERVING)
	g := ask(t, second, "shared")
	g.wants("a a")
	o := override.Override{Service: "shared", Kind: override.Drain, Address: "127.0.0.2:1", Who: "test", Since: time.Now()}
	began := time.Now()
	if err := first.Put(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	g.wants("a")
	t.Logf("the other replica's client had the list after %v", time.Since(began))
	if found, err := second.Lift(t.Context(), "shared", override.Drain, "127.0.0.2:1"); err != nil || !found {
		t.Errorf("found %v, error %v", found, err)
	}
	g.wants("a a")
	if found, err := second.Lift(t.Context(), "shared", override.Drain, "127.0.0.2:1"); err != nil || found {
		t.Errorf("lifting it again: found %v, error %v", found, err)
	}
}

// Totals of one replica are seen at the other.
func TestReplicas_SeeEachOther(t *testing.T) {
	const service = "services:\n- {name: counted, sources: [{static: [127.0.0.1:1]}]}\n"
	first, second := begin(t, "left", service), begin(t, "right", service)
	waitHealth(t, second, healthpb.HealthCheckResponse_SERVING)
	ask(t, second, "counted").wants("")
	deadline := time.Now().Add(patience)
	for !seesClient(first, "right") {
		if time.Now().After(deadline) {
			t.Fatalf("replicas: %+v", first.State().Replicas)
		}
	}
}

func seesClient(d *Daemon, replica string) bool {
	for _, r := range d.State().Replicas {
		if r.Name == replica && len(r.Services) == 1 && r.Services[0].Clients == 1 {
			return true
		}
	}
	return false
}

// The authorization policy says who may ask for which service. What a client says about that
// itself does not count.
func TestSecure_Policy(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.json")
	text := `{"name": "test", "allow_rules": [
		{"name": "open", "request": {"headers": [{"key": "grpclb-service", "values": ["open"]}]}},
		{"name": "team", "request": {"headers": [{"key": "grpclb-service", "values": ["team*"]}, {"key": "team", "values": ["blue"]}]}}]}`
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := begin(t, "secure", fmt.Sprintf("authz: %q\nservices:\n", policy)+static("open", "a")+static("team-blue", "b"))
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	ask(t, d, "open").wants("a")
	ask(t, d, "team-blue").wants(denied)
	ask(t, d, "team-blue", "grpclb-service", "open").wants(denied)
	ask(t, d, "team-blue", "team", "blue").wants("b")
	ask(t, d, "nobody").wants(denied)
}

// What can't work is an error at the start, and leaves nothing behind.
func TestStart_Fails(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, lines := range map[string]string{
		"policy":      fmt.Sprintf("authz: %q\n", missing),
		"certificate": fmt.Sprintf("tls: {cert: %q, key: %q}\n", missing, missing),
	} {
		cfg, err := config.Parse("test", []byte(lines+"listen: 127.0.0.1:0\nstore: {etcd: ["+etcd.URL()+"]}\nservices:\n"+static("s", "a")))
		if err != nil {
			t.Fatal(err)
		}
		if d, err := Start(t.Context(), Options{Config: cfg, Log: silent}); err == nil {
			d.Stop(t.Context())
			t.Errorf("%s: it starts", name)
		} else if !strings.Contains(err.Error(), "missing") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	d := begin(t, "busy", "services:\n"+static("s", "a"))
	cfg := *d.opts.Config
	cfg.Listen = d.Address()
	if d, err := Start(t.Context(), Options{Config: &cfg, Log: silent}); err == nil {
		d.Stop(t.Context())
		t.Error("it starts on a port that is taken")
	}
}

// Both replicas are restarted one after the other under load, and no call fails.
func TestStop_RollingRestart(t *testing.T) {
	network := lbtest.NewLoopback()
	services := fmt.Sprintf("services:\n- {name: rolled:443, sources: [{static: [%s, %s]}]}\n",
		lbtest.NewBackend(t, network, 1).Addr(), lbtest.NewBackend(t, network, 2).Addr())
	first, second := begin(t, "r1", services), begin(t, "r2", services)
	waitHealth(t, first, healthpb.HealthCheckResponse_SERVING)
	waitHealth(t, second, healthpb.HealthCheckResponse_SERVING)
	cc, err := grpc.NewClient(fmt.Sprintf("grpclb://%s/rolled:443?balancer=%s&fallback=off&config=off", first.Address(), second.Address()),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"grpclb":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	// The client has a list before the first replica stops: one that has none may come to both at the wrong moment.
	if _, err := testpb.NewTestServiceClient(cc).UnaryCall(t.Context(), &testpb.SimpleRequest{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	calls := 0
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			if _, err := testpb.NewTestServiceClient(cc).UnaryCall(context.WithoutCancel(ctx), &testpb.SimpleRequest{}); err != nil {
				failed <- err
				return
			}
			calls++
		}
	}()
	for _, d := range []*Daemon{first, second} {
		cfg := *d.opts.Config
		cfg.Listen = d.Address()
		d.Stop(t.Context())
		waitHealth(t, beginWith(t, &cfg), healthpb.HealthCheckResponse_SERVING)
	}
	cancel()
	if err := <-failed; err != nil {
		t.Errorf("a call failed: %v", err)
	}
	t.Logf("%d calls", calls)
}
