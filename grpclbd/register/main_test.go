package register

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

// etcd is one for all tests and examples.
var etcd *etcdtest.Server

type withEtcd struct{ *testing.M }

func (m withEtcd) Run() int {
	etcdtest.Together()
	s, err := etcdtest.Start()
	if err != nil {
		panic(err)
	}
	etcd, EtcdURL = s, s.URL()
	defer s.Close()
	return m.M.Run()
}

// EtcdURL is for examples, which are outside of the package.
var EtcdURL string

func TestMain(m *testing.M) { goleak.VerifyTestMain(withEtcd{m}) }
