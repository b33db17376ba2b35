package admin

import (
	"fmt"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

var sceneAt = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return sceneAt.Add(-d) }

// scene is a balancer at three in the morning: three services, 200 backends in every state, 50
// clients, an override about to end, a source that fails, a configuration that is refused.
func scene() view.State {
	s := view.State{
		Replica: "lb-a.example.com:4711", Version: "v1.2.0", Started: ago(26 * time.Hour), At: sceneAt, Ready: true, Opening: 1,
		Config: view.Config{
			Path: "/etc/grpclbd.yaml", Loaded: ago(3 * time.Hour), Restart: []string{"listen", "tls"},
			Error: `/etc/grpclbd.yaml:41: services[1].guard.minHealthy: 150 is not a percentage from 0 to 100`, ErrorAt: ago(4 * time.Minute),
		},
		Store: view.Store{
			Kind: "cluster", Members: []string{"https://10.0.0.1:2379", "https://10.0.0.2:2379", "https://10.0.0.3:2379"},
			Since: ago(95 * time.Second), Why: "context deadline exceeded",
		},
		Services: []view.Service{greeter(), orders(), {
			Name: "slow.example.com:443", Mode: view.Waiting, Waiting: []string{"dns slow.internal:50051"},
			Sources: []view.Source{{Kind: "dns", Name: "slow.internal:50051", Error: `lookup slow.internal: no such host`, ErrorAt: ago(20 * time.Second)}},
			Total:   store.Total{Service: "slow.example.com:443"},
		}},
	}
	s.Replicas = []store.Replica{
		{Name: s.Replica, Started: s.Started, Written: ago(2 * time.Second)},
		{Name: "lb-b.example.com:4711", Started: ago(50 * time.Hour), Written: ago(96 * time.Second), Services: []store.Total{
			{Service: "greeter.example.com:443", Clients: 31, Started: 4_200_123, Finished: 4_200_101, Failed: 12, Known: 4_100_000, Drops: map[string]int64{"shed": 99_989}, Drained: map[string]int{drainedNow: 2, drainedDone: 0}},
			{Service: "orders.example.com:443", Clients: 4, Started: 17, Finished: 17, Known: 17},
		}},
	}
	for i := range 50 {
		s.Clients = append(s.Clients, client(i))
	}
	return s.WithOverrides(append(append(overrides(), lost()...), s.Services[1].Overrides[1:]...))
}

// lost are overrides that match nothing: an address of last week, and a name that is misspelt.
func lost() []override.Override {
	return []override.Override{
		{Service: "greeter.example.com:443", Kind: override.Drain, Address: "10.7.0.7:50051", Who: "ann@desk", Since: ago(7 * 24 * time.Hour)},
		{Service: "greter.example.com:443", Kind: override.Weight, Address: "10.1.0.16:50051", Value: 5, Who: "bob@night", Since: ago(time.Hour)},
	}
}

const drainedNow, drainedDone = "10.1.0.14:50051", "[2001:db8::15]:50051"

func overrides() []override.Override {
	return []override.Override{
		{Service: "greeter.example.com:443", Kind: override.Drain, Address: drainedNow, Who: "ann@desk", Why: "disk is being replaced", Since: ago(9*time.Minute + 20*time.Second), Until: sceneAt.Add(40 * time.Second)},
		{Service: "greeter.example.com:443", Kind: override.Drain, Address: drainedDone, Who: "spiffe://example.com/ops/bob", Since: ago(3 * time.Hour)},
		{Service: "greeter.example.com:443", Kind: override.Weight, Address: "10.1.0.16:50051", Value: 1, Who: "ann@desk", Why: "a canary", Since: ago(time.Hour), Until: sceneAt.Add(time.Hour)},
		{Kind: override.Drop, Token: "shed", Value: 5, Who: "ann@desk", Why: "too much load", Since: ago(time.Minute)},
	}
}

func greeter() view.Service {
	v := view.Service{
		Name: "greeter.example.com:443", Mode: view.Serving,
		Sources: []view.Source{
			{Kind: "etcd", Name: "services/greeter", Said: ago(3 * time.Second), Backends: 150},
			{Kind: "file", Name: "/etc/grpclbd/backends.yaml", Said: ago(2*time.Hour + 5*time.Minute), Backends: 40, Error: "open /etc/grpclbd/backends.yaml: no such file or directory", ErrorAt: ago(12 * time.Minute)},
			{Kind: "static", Name: "10 addresses", Said: ago(3 * time.Hour), Backends: 10, Held: []string{"10.1.0.190:50051", "10.1.0.191:50051"}, HeldTill: sceneAt.Add(48 * time.Second)},
		},
		Guards: []string{
			"minHealthy: 43 of 97 backends in zone z2 are healthy, fewer than 50 %, so all are served",
			"maxRemove: 2 backends that static 10 addresses has taken away held, the first until 2026-03-01T03:00:48Z",
		},
		Overrides: overrides(),
		Conflicts: []string{"10.1.0.3:50051: etcd services/greeter has weight 3, file /etc/grpclbd/backends.yaml has weight 1"},
		Changes: []view.Change{
			{At: ago(300 * time.Millisecond), From: 171, To: 170, Why: "10.1.0.17:50051 is unhealthy: NOT_SERVING"},
			{At: ago(time.Minute), From: 171, To: 171, Why: "override drop shed 5% of every service by ann@desk"},
			{At: ago(9*time.Minute + 20*time.Second), From: 172, To: 171, Why: "drain 10.1.0.14:50051 of service \"greeter.example.com:443\" by ann@desk; 10.1.0.31:50051, 10.1.0.47:50051, 10.1.0.63:50051 and 4 more are healthy"},
		},
		Changed: 812,
		Total: store.Total{
			Service: "greeter.example.com:443", Clients: 46, Started: 8_123_456, Finished: 8_123_400, Failed: 31, Known: 8_000_000,
			Drops: map[string]int64{"shed": 123_369}, Drained: map[string]int{drainedNow: 1, drainedDone: 0},
		},
	}
	for i := range 197 {
		v.Backends = append(v.Backends, oneOf(i))
	}
	for z := range 3 {
		c := view.Class{Name: fmt.Sprint("zone=z", z), Zone: fmt.Sprint("z", z), Clients: 14, Answer: uint64(812 - z), Since: ago(300 * time.Millisecond)}
		for _, b := range v.Backends {
			if b.Served {
				c.Entries = append(c.Entries, view.Entry{Address: b.Address, Token: b.Token, Weight: b.Weight.Used, Share: b.Share})
			}
		}
		c.Entries = append(c.Entries, view.Entry{Drop: true, Token: "shed", Weight: 30, Share: .05})
		v.Classes = append(v.Classes, c)
	}
	return v
}

// oneOf returns a backend; one after another they are in every state.
func oneOf(i int) view.Backend {
	b := view.Backend{
		Address: fmt.Sprintf("10.1.0.%d:50051", i), Zone: fmt.Sprint("z", i%3), Token: fmt.Sprint("greeter-", i),
		Health: "healthy", Since: ago(time.Duration(i) * 7 * time.Minute), Served: true, Reason: "healthy",
		Weight: view.Weight{Source: 3, Load: 2.71828, Measured: ago(4 * time.Second), Ramp: 100, Used: 3}, Share: 1.0 / 171, Clients: 46,
	}
	switch i % 16 {
	case 1:
		b.Health, b.Served, b.Reason, b.Why, b.Share, b.Clients, b.Weight.Used = "unhealthy", false, "unhealthy", "rpc error: code = Unavailable desc = connection error: desc = \"transport: error while dialing: dial tcp 10.1.0.1:50051: connect: connection refused\"", 0, 0, 0
	case 2:
		b.Health, b.Since, b.Served, b.Reason, b.Share, b.Clients, b.Weight.Used = "unknown", time.Time{}, false, "not checked yet", 0, 0, 0
	case 3:
		b.Health, b.Why, b.Reason = "unhealthy", "the server says NOT_SERVING", "served though unhealthy: too few are healthy"
	case 4:
		b.Weight.Ramp, b.Weight.Used = 35, 1
		b.Labels = map[string]string{"version": "v2", "rack": "r17"}
	case 5:
		b.Source, b.Token, b.Zone, b.Weight.Load, b.Weight.Measured = 1, "", "", 0, time.Time{}
	}
	switch i {
	case 14:
		b.Address, b.Draining, b.Served, b.Reason, b.Share, b.Clients = drainedNow, true, false, "drained by ann@desk: disk is being replaced", 0, 1
	case 15:
		b.Address, b.Draining, b.Served, b.Reason, b.Share, b.Clients = drainedDone, true, false, "drained by spiffe://example.com/ops/bob", 0, 0
	case 16:
		b.Weight.Override, b.Weight.Used = 1, 1
	case 190, 191:
		b.Source, b.Reason = 2, "healthy; its source has taken it away, which the guard maxRemove holds"
	}
	return b
}

func orders() view.Service {
	v := view.Service{
		Name: "orders.example.com:443", Mode: view.Fallback,
		Sources:   []view.Source{{Kind: "static", Name: "3 addresses", Said: ago(3 * time.Hour), Backends: 3}},
		Overrides: append(overrides()[3:], override.Override{Service: "orders.example.com:443", Kind: override.Fallback, Who: "bob@night", Why: "the new build is broken", Since: ago(33 * time.Minute), Until: sceneAt.Add(2 * time.Hour)}),
		Classes:   []view.Class{{Clients: 4, Answer: 800, Since: ago(33 * time.Minute)}},
		Total:     store.Total{Service: "orders.example.com:443", Clients: 4, Started: 99, Finished: 98, Known: 90},
		Changes:   []view.Change{{At: ago(33 * time.Minute), From: 3, To: 0, Why: "fallback of service \"orders.example.com:443\" by bob@night"}},
		Changed:   2,
	}
	for i := range 3 {
		v.Backends = append(v.Backends, view.Backend{Address: fmt.Sprintf("10.2.0.%d:50051", i), Health: "unchecked", Served: true, Reason: "health is not checked", Weight: view.Weight{Source: 1, Ramp: 100, Used: 1}})
	}
	return v
}

func client(i int) view.Client {
	c := view.Client{
		ID: uint64(1000 + i), Service: "greeter.example.com:443", Asked: "greeter.example.com:443", Peer: fmt.Sprintf("10.9.0.%d:39%03d", i, i),
		Zone: fmt.Sprint("z", i%3), ZoneFrom: []string{"address", "certificate", "header"}[i%3], Class: fmt.Sprint("zone=z", i%3),
		Opened: ago(time.Duration(i) * 11 * time.Minute), Answer: uint64(812 - i%3), Handed: uint64(812 - i%3), Reported: ago(time.Duration(i%10) * time.Second), Started: int64(i * 1234),
	}
	switch {
	case i >= 46:
		c.Service, c.Asked, c.Class, c.Zone, c.ZoneFrom, c.Answer, c.Handed = "orders.example.com:443", "orders", "", "", "", 800, 800
	case i == 7:
		c.Handed = 700
	case i == 8:
		c.Handed, c.Reported = 0, time.Time{}
	}
	return c
}
