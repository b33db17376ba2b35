package grpclb_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// Policies that have builders with defaults of their own; see init.
const (
	pickingFirst = "grpclb_picking_first"
	misled       = "grpclb_misled"
)

func init() {
	for name, child := range map[string]string{
		pickingFirst: ` [ {"pick_first": {}} ] `,
		misled:       `[{"nobody_has_this":{}}]`,
	} {
		balancer.Register(grpclb.NewBuilder(grpclb.WithName(name), grpclb.WithDefaults(grpclb.Config{ChildPolicy: child})))
	}
}

// named is a dial option for a channel whose policy has this name and config.
func named(policy, config string) grpc.DialOption {
	return grpc.WithDefaultServiceConfig(fmt.Sprintf(`{"loadBalancingConfig":[{%q:%s}]}`, policy, config))
}

// The first policy that is registered is used, whatever comes after it.
func TestConfig_Child(t *testing.T) {
	for child, picks := range map[string]string{
		`[{"pick_first":{}}]`:                              "1 1 1 1",
		`[{"nobody_has_this":{"a":1}},{"pick_first":{}}]`:  "1 1 1 1",
		`[{"pick_first":{}},{"round_robin":{}}]`:           "1 1 1 1",
		`[{"pick_first":{}},{"ring_hash_experimental":5}]`: "1 1 1 1",
		`[{"round_robin":{}},{"pick_first":{}}]`:           "1 1 2 1",
		`[{"round_robin":{"unknown":1}}]`:                  "1 1 2 1",
		`[{"nobody_has_this":{}},{"round_robin":{}}]`:      "1 1 2 1",
		`[]`:   "1 1 2 1",
		`null`: "1 1 2 1",
		`[{"pick_first":{"shuffleAddressList":false,"x":1}}]`: "1 1 1 1",
	} {
		inBubble(t, withChild(child), func(w *world) {
			b := w.backends(2)
			w.send(w.connect(), b[0], b[0], b[1])
			if got := w.calls(4); !turns(got, picks) && !turns(got, "1 1 2") {
				w.Errorf("%s: calls go to %s", child, got)
			} else if (got == "1 1 1 1") != (picks == "1 1 1 1") {
				w.Errorf("%s: calls go to %s, want %s", child, got, picks)
			}
		})
	}
}

func TestConfig_Child_Malformed(t *testing.T) {
	for child, want := range map[string]string{
		`[{"nobody_has_this":{}}]`:                                      "none of the policies is registered",
		`[{"nobody_has_this":{}},{"neither_this":{}}]`:                  "none of the policies is registered",
		`[{"grpclb":{}}]`:                                               "grpclb can't be its own child",
		`[{"` + pickingFirst + `":{}}]`:                                 "can't be its own child",
		`[{"pick_first":{"shuffleAddressList":"yes"}}]`:                 "config of pick_first",
		`[{"least_request_experimental":{"choiceCount":1}}]`:            "config of least_request_experimental",
		`[{"nobody_has_this":{}},{"pick_first":[]},{"round_robin":{}}]`: "config of pick_first",
		`[{}]`:                                 "entry 0 has 0 policies",
		`[null]`:                               "entry 0 has 0 policies",
		`[{"pick_first":{},"round_robin":{}}]`: "entry 0 has 2 policies",
		`{"pick_first":{}}`:                    "cannot unmarshal",
		`"pick_first"`:                         "cannot unmarshal",
		`["pick_first"]`:                       "cannot unmarshal",
		`5`:                                    "cannot unmarshal",
	} {
		_, err := grpclb.NewBuilder().ParseConfig(json.RawMessage(withChild(child)))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "field childPolicy") {
			t.Errorf("%s: error %v, want %q in it, and the field's name", child, err, want)
		}
	}
}

// Shuffling is what pick_first does by its own config: of thirty channels, not
// all get the first backend of the list.
func TestConfig_Child_OwnConfig(t *testing.T) {
	first := make(map[string]bool)
	for range 30 {
		inBubble(t, withChild(`[{"pick_first":{"shuffleAddressList":true}}]`), func(w *world) {
			w.send(w.connect(), w.backends(3)...)
			first[w.call()] = true
		})
	}
	if len(first) < 2 {
		t.Errorf("all channels use %v", first)
	}
}

// A change of the child's config alone goes to the same instance.
func TestConfig_Child_OwnConfigChanges(t *testing.T) {
	inBubble(t, withChild(childPolicies["pick_first"]), func(w *world) {
		b := w.backends(2)
		w.send(w.connect(), b...)
		w.served(1)
		for range 10 {
			if err := w.ch.Configure(withChild(`[{"pick_first":{"shuffleAddressList":true}}]`)); err != nil {
				w.Fatal(err)
			}
			w.resolve()
			w.served(1) // it stays with its connection
		}
		same(w, "connections", b[0].Conns()+b[1].Conns(), 1)
	})
}

func TestConfig_Child_Defaults(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.send(w.connect(), w.backends(2)...)
		same(w, "calls by WithDefaults", w.calls(3), "1 1 1")
	}, named(pickingFirst, `{}`))
	inBubble(t, "", func(w *world) {
		w.send(w.connect(), w.backends(2)...)
		w.rotates("1 2")
	}, named(pickingFirst, `{"childPolicy":[{"round_robin":{}}]}`))
}

// Defaults that name nobody are found out when the channel has its addresses. A
// service config may still put that right.
func TestConfig_Child_DefaultsThatAreBad(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		if err := w.ch.Resolve([]resolver.Address{w.lb.Address()}, b[0].Addr()); err == nil ||
			!strings.Contains(err.Error(), "childPolicy") {
			w.Errorf("error %v, want childPolicy in it", err)
		}
		w.fails("childPolicy", "registered")
		same(w, "calls to the balancer", w.lb.Calls(), 0)
	}, named(misled, `{}`))
	inBubble(t, "", func(w *world) {
		w.send(w.connect(), w.backends(2)...)
		same(w, "calls", w.calls(3), "1 1 1")
	}, named(misled, `{"childPolicy":[{"pick_first":{}}]}`))
}

// A config with a child policy that is no good is refused by gRPC, and what
// was in use before stays in use.
func TestConfig_Update_ChildThatIsBad(t *testing.T) {
	inBubble(t, withChild(childPolicies["pick_first"]), func(w *world) {
		b := w.backends(2)
		w.send(w.connect(), b...)
		w.served(1)
		if err := w.ch.Configure(withChild(`[{"nobody_has_this":{}}]`)); err == nil {
			w.Error("it is accepted")
		}
		_ = w.ch.Resolve([]resolver.Address{w.lb.Address()})
		synctest.Wait()
		same(w, "calls", w.calls(3), "1 1 1")
	})
}

// A config that disappears means round_robin again.
func TestConfig_Update_ChildDisappears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		lb, parent := lbtest.NewBalancer(t, n), lbtest.NewParent(t)
		b := grpclb.NewBuilder()
		p := b.Build(parent, lbtest.BuildOptions(n))
		t.Cleanup(p.Close)
		config, err := b.ParseConfig(json.RawMessage(withChild(childPolicies["pick_first"])))
		if err != nil {
			t.Fatal(err)
		}
		s := state.Set(resolver.State{}, &state.State{BalancerAddresses: []resolver.Address{lb.Address()}})
		update(t, p, s, config)
		c := lb.Next()
		c.List(lbtest.Server("10.0.0.1:80", ""), lbtest.Server("10.0.0.2:80", ""))
		synctest.Wait()
		same(t, "SubConns of pick_first", len(parent.SubConns()), 1)
		update(t, p, s, nil)
		synctest.Wait()
		same(t, "SubConns of round_robin", len(parent.SubConns()), 2)
	})
}

// What is printed is what was read.
func TestConfig_String_Child(t *testing.T) {
	c := grpclb.DefaultConfig()
	c.ChildPolicy = `[{"nobody_has_this":{"a":"<&>"}},{"pick_first":{}}]`
	contains(t, c.String(), `"childPolicy":`+c.ChildPolicy)
	c.ChildPolicy = `[{"pick_first":`
	contains(t, c.String(), "no JSON")
}
