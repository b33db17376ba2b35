package etcdtest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/server/v3/etcdserver/api/rafthttp"

	"github.com/actorlb/grpclb/chaos/proxy"
)

// A member that ends waits for its connections to the others to time out. Their keepalives
// come three times in this time.
func init() { rafthttp.ConnReadTimeout, rafthttp.ConnWriteTimeout = time.Second, time.Second }

// A Cluster is several servers that are one etcd. Clients reach each member through a proxy.
// One goroutine at a time may use it.
type Cluster struct {
	Members []*Server
	Proxies []*proxy.Proxy // of the same index; so a test can cut off the clients of a member
}

// StartCluster starts so many members.
func StartCluster(members int) (*Cluster, error) {
	c := new(Cluster)
	for i := range members {
		host := Host()
		peer, err := freePort(host)
		if err != nil {
			return nil, err
		}
		dir, err := os.MkdirTemp("", "etcdtest")
		if err != nil {
			return nil, err
		}
		p, err := proxy.Start()
		if err != nil {
			return nil, err
		}
		c.Proxies = append(c.Proxies, p)
		c.Members = append(c.Members, &Server{dir: dir, addr: host + ":0", name: fmt.Sprintf("m%d", i), peer: peer})
	}
	if err := c.start(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) start() error {
	var all []string
	for _, m := range c.Members {
		all = append(all, m.name+"=http://"+m.peer)
	}
	for _, m := range c.Members {
		m.members = strings.Join(all, ",")
		if err := m.launch(); err != nil {
			return err
		}
	}
	for i, m := range c.Members {
		if err := m.ready(); err != nil {
			return err
		}
		c.Proxies[i].Forward(m.addr)
	}
	return nil
}

// Host returns a loopback address that was drawn from so many that nobody else uses it. So a port of it
// that is free stays free until it is listened on, also while other tests run.
func Host() string {
	return fmt.Sprintf("127.%d.%d.%d", 64+rand.IntN(64), rand.IntN(256), 1+rand.IntN(254))
}

// freePort returns an address where nobody listens now. etcd has to know the addresses of
// all members before the first one listens.
func freePort(host string) (string, error) {
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// URLs are where clients connect.
func (c *Cluster) URLs() (urls []string) {
	for _, p := range c.Proxies {
		urls = append(urls, "http://"+p.Addr())
	}
	return urls
}

// Lose stops members, which are then as a machine that lost its power.
func (c *Cluster) Lose(members ...int) {
	for _, i := range members {
		c.Proxies[i].Set(proxy.Weather{Refuse: true}) // or the member waits for its clients' streams
		c.Members[i].Stop()
	}
}

// Return starts members again, with their data, and waits until they are ready.
func (c *Cluster) Return(members ...int) error {
	for _, i := range members {
		if err := c.Members[i].launch(); err != nil {
			return err
		}
	}
	for _, i := range members {
		if err := c.Members[i].ready(); err != nil {
			return err
		}
		c.Proxies[i].Set(proxy.Weather{})
	}
	return nil
}

// Close stops all members and deletes their data. It does so at the same time for all: each
// waits a second for the others to close their connections.
func (c *Cluster) Close() {
	var closed sync.WaitGroup
	for i, m := range c.Members {
		c.Proxies[i].Close()
		closed.Go(m.Close)
	}
	closed.Wait()
}
