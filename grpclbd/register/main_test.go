package register

import (
	"os"
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
	etcd = s
	defer s.Close()
	if err := os.Setenv("ETCD", s.URL()); err != nil { // for the example
		panic(err)
	}
	return m.M.Run()
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(withEtcd{m}) }
