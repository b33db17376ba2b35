package assign_test

import (
	"fmt"
	"log"
	"time"

	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

func print(servers []lbserver.Server, err error) {
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range servers {
		fmt.Println(s.Address, s.Token, s.Weight)
	}
}

// A canary gets 5 % of the calls, and of all calls 10 % are dropped.
func ExampleMix() {
	stable := []lbserver.Server{
		{Address: "10.0.0.1:50051", Token: "v1"},
		{Address: "10.0.0.2:50051", Token: "v1"},
		{Address: "10.0.0.3:50051", Token: "v1"},
	}
	canary := []lbserver.Server{{Address: "10.0.0.9:50051", Token: "v2"}}
	shed := []lbserver.Server{{Token: "shed", Drop: true}}
	print(assign.Mix(
		assign.Part{Servers: stable, Share: 85},
		assign.Part{Servers: canary, Share: 5},
		assign.Part{Servers: shed, Share: 10},
	))
	fmt.Println("and without the canary:")
	print(assign.Mix(
		assign.Part{Servers: stable, Share: 85},
		assign.Part{Servers: nil, Share: 5},
		assign.Part{Servers: shed, Share: 10},
	))
	// Output:
	// 10.0.0.1:50051 v1 17
	// 10.0.0.2:50051 v1 17
	// 10.0.0.3:50051 v1 17
	// 10.0.0.9:50051 v2 3
	//  shed 6
	// and without the canary:
	// 10.0.0.1:50051 v1 3
	// 10.0.0.2:50051 v1 3
	// 10.0.0.3:50051 v1 3
	//  shed 1
}

// Half of z1 is down. It keeps 50/70 of its clients' calls, and z2 gets 20/70.
func ExampleSpill() {
	at := func(address, zone string, healthy bool) assign.Backend {
		return assign.Backend{Server: lbserver.Server{Address: address}, Zone: zone, Unhealthy: !healthy}
	}
	backends := []assign.Backend{
		at("10.0.1.1:50051", "z1", true),
		at("10.0.1.2:50051", "z1", false),
		at("10.0.2.1:50051", "z2", true),
		at("10.0.2.2:50051", "z2", true),
	}
	print(assign.Spill(backends, "z1", 70))
	// Output:
	// 10.0.1.1:50051  5
	// 10.0.2.1:50051  1
	// 10.0.2.2:50051  1
}

// A backend that has just come, beside one that has been there for an hour.
func ExampleRamp() {
	ramp := assign.Ramp{Window: 90 * time.Second}
	came := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	backends := []assign.Backend{
		{Server: lbserver.Server{Address: "10.0.0.1:50051"}, Since: came.Add(-time.Hour)},
		{Server: lbserver.Server{Address: "10.0.0.2:50051"}, Since: came},
	}
	for _, age := range []time.Duration{0, 45 * time.Second, 90 * time.Second} {
		now := came.Add(age)
		warm, err := ramp.Warm(backends, now)
		print(assign.Healthy(warm), err)
		in, more := ramp.NextOf(backends, now)
		fmt.Println("the next change is in", in, more)
	}
	// Output:
	// 10.0.0.1:50051  10
	// 10.0.0.2:50051  1
	// the next change is in 10s true
	// 10.0.0.1:50051  2
	// 10.0.0.2:50051  1
	// the next change is in 5s true
	// 10.0.0.1:50051  1
	// 10.0.0.2:50051  1
	// the next change is in 0s false
}

// Three of six backends for each of four clients, so two clients for each backend. The
// loss of a backend moves those two.
func ExampleSubsets() {
	s := assign.NewSubsets(3, 1)
	s.SetBackends([]string{"b1", "b2", "b3", "b4", "b5", "b6"})
	for _, client := range []string{"ann", "bob", "cyd", "dan"} {
		fmt.Println(client, s.Join(client))
	}
	fmt.Println(s.Clients())
	fmt.Println(s.SetBackends([]string{"b1", "b2", "b3", "b4", "b5"}), s.Clients())
	// Output:
	// ann [b3 b5 b6]
	// bob [b1 b2 b4]
	// cyd [b1 b2 b5]
	// dan [b3 b4 b6]
	// map[b1:2 b2:2 b3:2 b4:2 b5:2 b6:2]
	// [ann dan] map[b1:3 b2:2 b3:2 b4:3 b5:2]
}
