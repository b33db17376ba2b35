package etcdtest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server that was stopped comes back at the same address with its data, unless they were
// forgotten.
func TestServer_StopsAndComesBack(t *testing.T) {
	s, err := etcdtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := s.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Put(t.Context(), "key", "value"); err != nil {
		t.Fatal(err)
	}
	keys := func() int {
		got, err := c.Get(t.Context(), "key")
		if err != nil {
			t.Fatal(err)
		}
		return len(got.Kvs)
	}
	s.Stop()
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if keys() != 1 {
		t.Error("the data are gone")
	}
	s.Stop()
	if err := s.Forget(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if keys() != 0 {
		t.Error("the data were not forgotten")
	}
}
