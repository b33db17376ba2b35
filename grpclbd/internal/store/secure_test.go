package store

import (
	"testing"

	"github.com/actorlb/grpclb/chaos/proxy"
	"github.com/actorlb/grpclb/grpclbd/internal/certtest"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

// A cluster that wants certificates: they are read again when they are needed, so all of them
// may be replaced while the store goes on.
func TestStore_TLS(t *testing.T) {
	t.Parallel()
	here, there := t.TempDir(), t.TempDir()
	before, after := certtest.New(t), certtest.New(t)
	files, servers := before.Write(here, "grpclbd"), before.Write(there, "etcd")
	etcd, err := etcdtest.StartTLS(servers.CA, servers.Cert, servers.Key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(etcd.Close)
	p, err := proxy.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.Forward(etcd.Addr())
	s, seen := open(t, config.Store{Etcd: []string{"https://" + p.Addr()}, TLS: &config.StoreTLS{CA: files.CA, Cert: files.Cert, Key: files.Key}}, "a")
	seen.untilReached(true)
	write(t, s, drain("10.0.0.1:1"))
	seen.untilHas("10.0.0.1:1")

	p.Set(proxy.Weather{Refuse: true}) // or etcd waits for its clients' streams
	etcd.Stop()
	seen.untilReached(false)
	after.Write(there, "etcd")
	if err := etcd.Restart(); err != nil {
		t.Fatal(err)
	}
	p.Set(proxy.Weather{})
	after.Write(here, "grpclbd")
	seen.untilReached(true)
	write(t, s, drain("10.0.0.2:1"))
	seen.untilHas("10.0.0.1:1", "10.0.0.2:1")
}
