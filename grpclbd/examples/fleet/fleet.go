package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// silent is the log of backends and etcd: what they say of the faults that are made here is
// not news.
var silent = slog.New(slog.DiscardHandler)

// A fleet is everything that runs.
type fleet struct {
	dir      string
	etcd     *etcdtest.Cluster
	replicas []*replica
	backends []*backend
	clients  *clients
	total    int // calls in the scenes that are over
}

// newFleet starts a fleet, and returns when all of it is ready.
func newFleet() (*fleet, error) {
	f := &fleet{}
	if err := f.start(); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func (f *fleet) start() (err error) {
	if f.dir, err = os.MkdirTemp("", "fleet"); err != nil {
		return err
	}
	fmt.Println("an etcd of three members, two replicas, six backends in the zones z1 and z2, a client in each")
	if f.etcd, err = etcdtest.StartCluster(3); err != nil {
		return err
	}
	for i := range 6 {
		b := newBackend([]string{"z1", "z2"}[i%2], f.etcd.URLs())
		if err := b.start(); err != nil {
			return err
		}
		f.backends = append(f.backends, b)
	}
	for _, name := range []string{"one", "two"} {
		r, err := newReplica(f.dir, name, f.etcd.URLs())
		if err != nil {
			return err
		}
		f.replicas = append(f.replicas, r)
		if err := r.start(); err != nil {
			return err
		}
	}
	f.clients, err = startClients([]string{"z1", "z2"}, f.replicas)
	return err
}

func (f *fleet) close() {
	if f.clients != nil {
		f.clients.close()
	}
	for _, r := range f.replicas {
		if err := r.end(syscall.SIGKILL); err != nil {
			fmt.Println("replica", r.name, "is left behind:", err)
		}
		r.ask.Close()
		_ = r.log.Close()
	}
	for _, b := range f.backends {
		b.quit()
	}
	if f.etcd != nil {
		f.etcd.Close()
	}
	_ = os.RemoveAll(f.dir)
}

// state is what a replica shows.
func (f *fleet) state(replica int) (s view.State, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s, err = f.replicas[replica].ask.State(ctx); err == nil && len(s.Services) != 1 {
		err = errors.New("the replica shows no service")
	}
	return s, err
}

// served reports whether a replica sends clients to a backend.
func (f *fleet) served(replica int, address string) bool {
	s, err := f.state(replica)
	if err != nil {
		return false
	}
	for _, b := range s.Services[0].Backends {
		if b.Address == address {
			return b.Served
		}
	}
	return false
}

// until waits until something is so, at most 20 s.
func until(what string, is func() bool) error {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); rest(20 * time.Millisecond) {
		if is() {
			return nil
		}
	}
	return fmt.Errorf("after 20 s it is still not so that %s", what)
}

// rest lets some time pass.
func rest(d time.Duration) { <-time.NewTimer(d).C }
