package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
	"github.com/actorlb/grpclb/grpclbd/internal/daemon"
	"github.com/actorlb/grpclb/grpclbd/internal/process"
)

// service is what clients ask for.
const service = "greeter.example.com:443"

// replicaConfig is the environment variable that makes this program a replica.
const replicaConfig = "FLEET_REPLICA"

// serveReplica is the balancer, as the command grpclbd --config PATH runs it.
func serveReplica(path string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := config.Read(path)
	if err == nil {
		log := slog.New(slog.NewTextHandler(os.Stderr, nil))
		err = process.Run(ctx, daemon.Options{Config: cfg, Path: path, Version: "example", Log: log}, nil)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A replica is a balancer in a process of its own, so that it can be killed.
type replica struct {
	name, listen, admin string
	path                string // of its configuration
	ask                 *ctl.Client
	log                 *os.File
	process             *exec.Cmd // nil: it does not run
}

// newReplica writes the configuration of a replica. It does not start it.
func newReplica(dir, name string, etcd []string) (*replica, error) {
	r := &replica{name: name, path: filepath.Join(dir, name+".yaml")}
	var err error
	if r.listen, err = freeAddress(); err != nil {
		return nil, err
	}
	if r.admin, err = freeAddress(); err != nil {
		return nil, err
	}
	if r.log, err = os.Create(filepath.Join(dir, name+".log")); err != nil {
		return nil, err
	}
	if r.ask, err = ctl.NewClient(ctl.Options{Admin: r.admin}); err != nil {
		return nil, err
	}
	text := fmt.Sprintf(`# replica %s
listen: %s
admin: %s
replica: %s
stop: {notice: 200ms, over: 1s}
store: {etcd: ["%s"]}
services:
- name: %s
  sources: [{etcd: services/greeter}]
  health: {grpc: "", interval: 500ms, timeout: 300ms, rise: 1, fall: 2}
  load: {orca: true, interval: 1s}
  guard: {minHealthy: 30, maxRemove: 50, hold: 5s}
  zones: {spill: 60}
  reportInterval: 1s
`, name, r.listen, r.admin, name, strings.Join(etcd, `", "`), service)
	return r, os.WriteFile(r.path, []byte(text), 0o600)
}

// freeAddress returns an address on loopback that nobody uses now. The replicas need the same
// one when they come back.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// start starts the process and waits until it is ready.
func (r *replica) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r.process = exec.Command(self)
	r.process.Env = append(os.Environ(), replicaConfig+"="+r.path)
	r.process.Stderr = r.log
	if err := r.process.Start(); err != nil {
		return err
	}
	return until("replica "+r.name+" is ready", r.ready)
}

func (r *replica) ready() bool {
	response, err := http.Get("http://" + r.admin + "/readyz")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK
}

// end sends the process a signal and waits until it has ended.
func (r *replica) end(s os.Signal) error {
	if r.process == nil {
		return nil
	}
	if err := r.process.Process.Signal(s); err != nil {
		return err
	}
	_ = r.process.Wait() // a process that is killed ends with an error
	r.process = nil
	return nil
}
