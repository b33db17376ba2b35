package daemon

import (
	"context"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/register"
)

// A server that withdraws is out of the lists at once, also if it is the only one. One that expires is held by the guard,
// as one whose key somebody deletes.
func TestGuard_Withdrawn(t *testing.T) {
	client, err := etcd.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	enter := func(address, token string) *register.Registration {
		r, err := register.Start(t.Context(), register.Options{Client: client, Service: "guard-withdrawn", Address: address, Token: token, Log: silent})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Withdraw(context.Background()) })
		return r
	}
	d := begin(t, "withdrawn", "services:\n- {name: left, guard: {hold: 1h}, sources: [{etcd: guard-withdrawn}]}\n")
	waitHealth(t, d, healthpb.HealthCheckResponse_SERVING)
	g := ask(t, d, "left")
	g.wants("")
	first := enter("127.0.0.1:1", "a")
	g.wants("a")
	if err := first.Withdraw(t.Context()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	g.wants("")
	t.Logf("clients had the list after %v", time.Since(began))
	second := enter("127.0.0.2:1", "b")
	g.wants("b")
	if err := second.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitHeld(t, d, 1)
	enter("127.0.0.3:1", "c")
	g.wants("b c")
	if _, err := client.Delete(t.Context(), "guard-withdrawn/", clientv3.WithPrefix()); err != nil {
		t.Fatal(err)
	}
	waitHeld(t, d, 2)
}

// waitHeld waits until the guard maxRemove of the only service holds so many.
func waitHeld(t *testing.T, d *Daemon, n int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if held := d.State().Services[0].Sources[0].Held; len(held) == n {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("held are %v", held)
		}
	}
}
