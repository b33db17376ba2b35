package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

func TestSource_Static(t *testing.T) {
	l := listen(t, config.Source{
		Static: []string{"10.0.0.2:1", "[::ffff:10.0.0.1]:1", "10.0.0.2:1"},
		Zone:   "z", Weight: 3, Token: "t",
	}, Deps{})
	got := l.next()
	want := []backend.Backend{
		{Address: "10.0.0.1:1", Zone: "z", Weight: 3, Token: "t"},
		{Address: "10.0.0.2:1", Zone: "z", Weight: 3, Token: "t"},
	}
	if diff := cmp.Diff(want, got.Backends); diff != "" || got.Err != nil || got.At.IsZero() {
		t.Errorf("it says %+v\n%s", got, diff)
	}
}

func TestSource_Static_NamesEachFault(t *testing.T) {
	l := listen(t, config.Source{Static: []string{"greeter:1", "10.0.0.1:1", "0.0.0.0:1"}, Weight: 1}, Deps{})
	err := l.untilFails()
	for _, want := range []string{`"greeter:1"`, `"0.0.0.0:1"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}

func TestSource_Static_Many(t *testing.T) {
	t.Parallel()
	var many []string
	for n := range backend.MaxBackends {
		many = append(many, fmt.Sprintf("10.%d.%d.%d:1", n>>16, n>>8&255, n&255))
	}
	l := listen(t, config.Source{Static: many}, Deps{})
	if got := l.next(); got.Err != nil || len(got.Backends) != backend.MaxBackends {
		t.Errorf("it says %d backends, %v", len(got.Backends), got.Err)
	}
	l = listen(t, config.Source{Static: append(slices.Clone(many), "10.0.0.1:2")}, Deps{})
	if err := l.untilFails(); !strings.Contains(err.Error(), "100001 backends are more than 100000") {
		t.Error(err)
	}
}

func TestDescribe(t *testing.T) {
	for want, cfg := range map[string]config.Source{
		"static 10.0.0.1:1":            {Static: []string{"10.0.0.1:1"}},
		"static 10.0.0.1:1 and 2 more": {Static: []string{"10.0.0.1:1", "b", "c"}},
		"file b.yaml":                  {File: "b.yaml"},
		"dns greeter:1":                {DNS: "greeter:1"},
		"etcd services/greeter":        {Etcd: "services/greeter"},
	} {
		if kind, name := Describe(cfg); kind+" "+name != want {
			t.Errorf("%s %s, want %s", kind, name, want)
		}
	}
}
