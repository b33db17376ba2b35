package daemon

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
)

// A replica that starts does not believe an empty source at once: clients get the list from before the start
// for the time of the guard, and page, ctl and log say why.
func TestGuard_Start(t *testing.T) {
	client, err := etcd.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	file := filepath.Join(t.TempDir(), "b.yaml")
	write := func(text string) error { return os.WriteFile(file, []byte(text), 0o600) }
	for _, c := range []struct {
		kind, source string
		fill, empty  func() error
	}{
		{"file", fmt.Sprintf("file: %q", file),
			func() error { return write("[{address: 127.0.0.1:1, token: a}, {address: 127.0.0.2:1, token: b}]") },
			func() error { return write("[]") }},
		{"etcd", "etcd: guard-start",
			func() error {
				_, err := client.Txn(t.Context()).Then(
					clientv3.OpPut("guard-start/a", `{"Addr": "127.0.0.1:1", "Metadata": {"token": "a"}}`),
					clientv3.OpPut("guard-start/b", `{"Addr": "127.0.0.2:1", "Metadata": {"token": "b"}}`)).Commit()
				return err
			},
			func() error {
				_, err := client.Delete(t.Context(), "guard-start/", clientv3.WithPrefix())
				return err
			}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			services := "services:\n- {name: kept, guard: {hold: 3s}, sources: [{" + c.source + "}]}\n"
			cfg, err := config.Parse("test", []byte("listen: 127.0.0.1:0\nreplica: kept-"+c.kind+"\nstop: {notice: 0s, over: 0s}\nstore: {etcd: ["+etcd.URL()+"]}\n"+services))
			if err != nil {
				t.Fatal(err)
			}
			cfg.Store.Dir = t.TempDir()
			if err := c.fill(); err != nil {
				t.Fatal(err)
			}
			first := beginWith(t, cfg)
			eventually(t, first, "kept", "a b")
			waitFile(t, memory.Path(memory.Folder(cfg.Store.Dir), "kept"))
			first.Stop(context.Background())
			if err := c.empty(); err != nil {
				t.Fatal(err)
			}
			var lines bytes.Buffer
			second := beginLogged(t, cfg, slog.New(slog.NewTextHandler(&lines, nil)))
			waitHealth(t, second, healthpb.HealthCheckResponse_SERVING)
			g := ask(t, second, "kept")
			g.wants("a b")
			s := second.State()
			var page strings.Builder
			if err := ctl.List(&page, s, s.Services[0]); err != nil {
				t.Fatal(err)
			}
			const want = "has taken them away since the balancer ran last"
			if v := s.Services[0]; len(v.Guards) != 1 || !strings.Contains(v.Guards[0], want) || len(v.Sources[0].Held) != 2 || !strings.Contains(page.String(), want) {
				t.Errorf("to be seen are %q, %+v and\n%s", v.Guards, v.Sources, page.String())
			}
			g.wants("")
			second.Stop(context.Background())
			if !strings.Contains(lines.String(), "of its backends since the balancer ran last") {
				t.Errorf("the log is\n%s", lines.String())
			}
		})
	}
}

// waitFile waits until there is a file.
func waitFile(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if _, err := os.Stat(path); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
