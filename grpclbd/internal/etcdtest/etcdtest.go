// Package etcdtest starts real etcd servers in the process of a test, on loopback.
package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/grpclbd/internal/etcddial"
)

// A Server is an etcd of one member, or a member of a [Cluster]. One goroutine at a time may
// use it.
type Server struct {
	dir  string
	addr string // where clients connect, an "ip:port"; it stays the same
	etcd *embed.Etcd

	secure transport.TLSInfo // of the connections of clients; empty: plain text

	// Of a member of a cluster.
	name, peer string // peer is where the other members connect
	members    string // all of them, as etcd's --initial-cluster has it
}

// Start starts a server with data of its own, on a port that is free.
func Start() (*Server, error) { return startWith(transport.TLSInfo{}) }

// StartTLS does the same, and has clients show certificates. The files are read when the server
// starts, also again.
func StartTLS(ca, cert, key string) (*Server, error) {
	return startWith(transport.TLSInfo{TrustedCAFile: ca, CertFile: cert, KeyFile: key, ClientCertAuth: true})
}

func startWith(secure transport.TLSInfo) (*Server, error) {
	dir, err := os.MkdirTemp("", "etcdtest")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, addr: "127.0.0.1:0", secure: secure}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// start starts etcd with the data that are in the folder, at the address, and waits until it
// is ready.
func (s *Server) start() error {
	if err := s.launch(); err != nil {
		return err
	}
	return s.ready()
}

func (s *Server) launch() error {
	c := embed.NewConfig()
	c.Dir = s.dir
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	c.UnsafeNoFsync = true           // a test does not outlive the machine
	c.TickMs, c.ElectionMs = 10, 100 // one member elects itself at once
	c.ListenPeerUrls = nil           // nobody connects
	c.ListenClientUrls = urls(s.addr)
	if !s.secure.Empty() {
		c.ClientTLSInfo, c.ListenClientUrls[0].Scheme = s.secure, "https"
	}
	c.AdvertiseClientUrls = c.ListenClientUrls
	if strings.Contains(s.members, ",") {
		c.TickMs, c.ElectionMs = 100, 1000 // on a busy machine members would depose their leader too soon
	}
	if s.members != "" {
		c.Name, c.InitialCluster = s.name, s.members
		c.ListenPeerUrls = urls(s.peer)
		c.AdvertisePeerUrls = c.ListenPeerUrls
	}
	etcd, err := embed.StartEtcd(c)
	if err != nil {
		return fmt.Errorf("etcdtest: %w", err)
	}
	s.etcd, s.addr = etcd, etcd.Clients[0].Addr().String()
	return nil
}

func (s *Server) ready() error {
	select {
	case <-s.etcd.Server.ReadyNotify():
		return nil
	case err := <-s.etcd.Err():
		s.Stop()
		return fmt.Errorf("etcdtest: %w", err)
	}
}

func urls(addr string) []url.URL { return []url.URL{{Scheme: "http", Host: addr}} }

// Addr is where clients connect, an "ip:port".
func (s *Server) Addr() string { return s.addr }

// URL is where clients connect, as in http://127.0.0.1:2379.
func (s *Server) URL() string {
	if s.secure.Empty() {
		return "http://" + s.addr
	}
	return "https://" + s.addr
}

// Dir is where its data are.
func (s *Server) Dir() string { return s.dir }

// Stop stops the server and keeps its data and its port.
func (s *Server) Stop() {
	if s.etcd != nil {
		s.etcd.Server.HardStop() // or a leader waits until another member leads
		s.etcd.Close()
		s.etcd = nil
	}
}

// Restart starts a stopped server again, with its data, at its port.
func (s *Server) Restart() error { return s.start() }

// Forget deletes the data of a stopped server.
func (s *Server) Forget() error { return os.RemoveAll(s.dir) }

// Close stops the server and deletes its data.
func (s *Server) Close() {
	s.Stop()
	_ = os.RemoveAll(s.dir) // it is in the folder for temporary files
}

// Client returns a client of the server. The caller closes it.
func (s *Server) Client() (*clientv3.Client, error) { return Dial(s.addr) }

// Dial returns a client of an etcd at an "ip:port". It notices within some seconds when the
// other side has gone silent, and connects again soon, as the program's clients do.
func Dial(addr string) (*clientv3.Client, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, err
	}
	return clientv3.New(clientv3.Config{
		Endpoints:            []string{"http://" + addr},
		DialKeepAliveTime:    10 * time.Second, // the least that gRPC allows
		DialKeepAliveTimeout: time.Second,
		DialOptions:          []grpc.DialOption{etcddial.Often()},
		Logger:               zap.NewNop(),
		Context:              context.Background(),
	})
}
