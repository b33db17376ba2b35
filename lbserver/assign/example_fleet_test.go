package assign_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/assign"
)

const service = "greeter.example.com:443"

// A fleet is a balancer that makes a list for each client. What is known of clients and backends
// belongs to one goroutine, which runs the method run; the channels lead to it.
type fleet struct {
	balancer *lbserver.Balancer

	joins  chan join
	leaves chan string // the class
	finds  chan find
	stop   chan struct{} // closed to end run
	done   chan struct{} // closed when run has ended
}

// A join is a stream that begins.
type join struct {
	class  string
	listed chan struct{} // run closes it when the class has a list
}

// A find is all backends, whoever finds and checks them. Backends whose health changes, and
// new ones, come in the next find.
type find struct{ stable, canary []assign.Backend }

func newFleet() *fleet {
	f := &fleet{
		joins: make(chan join), leaves: make(chan string), finds: make(chan find),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	f.balancer = lbserver.New(lbserver.Options{
		// Each client is a class of its own: zone/name. Where clients are not to be
		// trusted, take both from their certificates.
		Classify: func(c lbserver.Client) string {
			return header(c, "zone") + "/" + header(c, "client")
		},
		// The client is answered when OnBegin returns, and by then its class has a list.
		OnBegin: func(c lbserver.Client) {
			if c.Service == service {
				j := join{c.Class, make(chan struct{})}
				f.joins <- j
				<-j.listed
			}
		},
		// The client may have its next stream already. So nothing is removed here.
		OnEnd: func(c lbserver.Client, _ error) {
			if c.Service == service {
				f.leaves <- c.Class
			}
		},
		MaxCallAge: time.Hour,
		MaxClients: 10_000,
	})
	if err := f.balancer.Expect(service); err != nil { // clients wait until there are backends
		log.Fatal(err)
	}
	go f.run()
	return f
}

// close ends the streams first: their hooks need run.
func (f *fleet) close() {
	f.balancer.Close()
	close(f.stop)
	<-f.done
}

const (
	subset = 2                // backends of a client in its zone, and as many in others
	spread = 1                // in clients of a backend; a twentieth of what it has is a good one
	spill  = 70               // percent of a zone that must be healthy for it to keep its calls
	grace  = 10 * time.Minute // after that long without a stream a client has gone
)

var (
	ramp = assign.Ramp{Window: 5 * time.Minute}
	shed = []lbserver.Server{{Token: "shed", Drop: true}}
)

func (f *fleet) run() {
	defer close(f.done)
	subsets := assign.NewZoneSubsets(subset, spread)
	var (
		clients assign.Presence
		known   find
	)
	// set sets the lists of classes, as of now.
	set := func(now time.Time, classes ...string) {
		if known.stable == nil {
			return // the clients wait
		}
		for _, class := range classes {
			servers, err := list(subsets.Of(class), known.canary, zoneOf(class), now)
			if err == nil {
				err = f.balancer.SetServersFor(service, class, servers)
			}
			if err != nil {
				log.Print(err) // the class keeps the list that it has
			}
		}
	}
	warmer := time.NewTimer(0) // when a backend takes its next step of the ramp
	defer warmer.Stop()
	sweep := time.NewTicker(time.Minute)
	defer sweep.Stop()
	for {
		select {
		case j := <-f.joins:
			clients.Begin(j.class)
			subsets.Join(j.class, zoneOf(j.class))
			set(time.Now(), j.class)
			close(j.listed)

		case class := <-f.leaves:
			clients.End(class, time.Now())

		case now := <-sweep.C:
			for _, class := range clients.Forget(now.Add(-grace)) {
				subsets.Leave(class)
				f.balancer.RemoveFor(service, class)
			}
			set(now, subsets.Level()...)

		case known = <-f.finds:
			subsets.SetBackends(known.stable)
			warmer.Reset(0)

		case now := <-warmer.C:
			set(now, clients.Clients()...) // a list that is the same is not sent
			if in, more := ramp.NextOf(known.stable, now); more {
				warmer.Reset(in)
			}

		case <-f.stop:
			return
		}
	}
}

// list is the chain: of a client's backends, those that are new get less, its own zone gets as
// much as it can carry, 5 % of the calls go to canaries, and 5 % are dropped.
func list(backends, canary []assign.Backend, zone string, now time.Time) ([]lbserver.Server, error) {
	warm, err := ramp.Warm(backends, now)
	if err != nil {
		return nil, err
	}
	stable, err := assign.Spill(warm, zone, spill)
	if err != nil {
		return nil, err
	}
	return assign.Mix(
		assign.Part{Servers: stable, Share: 90},
		assign.Part{Servers: assign.Healthy(canary), Share: 5},
		assign.Part{Servers: shed, Share: 5},
	)
}

func header(c lbserver.Client, key string) string { return strings.Join(c.Metadata.Get(key), "") }

func zoneOf(class string) string {
	zone, _, _ := strings.Cut(class, "/")
	return zone
}

// A balancer that makes a list for each client: a subset of the backends, new backends slowly,
// the client's own zone first, a canary, and a drop. Clients come and go.
func Example_fleet() {
	f := newFleet()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	f.balancer.Register(s)
	served := make(chan error)
	go func() { served <- s.Serve(l) }()

	at := func(zone, address string) assign.Backend {
		return assign.Backend{Server: lbserver.Server{Address: address + ":80"}, Zone: zone}
	}
	stable := []assign.Backend{
		at("z1", "10.0.1.1"), at("z1", "10.0.1.2"), at("z1", "10.0.1.3"),
		at("z2", "10.0.2.1"), at("z2", "10.0.2.2"), at("z2", "10.0.2.3"),
	}
	canary := []assign.Backend{at("z1", "10.0.3.1")}
	f.finds <- find{stable, canary}

	ann := dial(l.Addr().String(), "ann", "z1")
	fmt.Println("ann in z1:", ann.list())
	bob := dial(l.Addr().String(), "bob", "z2")
	fmt.Println("bob in z2:", bob.list())

	// A backend has started anew: it has 10 % of its weight at first. The canary fails: the
	// drop is still 5 %.
	stable[1].Since = time.Now()
	canary[0].Unhealthy = true
	f.finds <- find{slices.Clone(stable), slices.Clone(canary)}
	fmt.Println("ann:", ann.list())

	// A backend of z1 fails. What is left there can't carry all calls: z2 gets the others.
	stable[1].Since = time.Time{}
	stable[0].Unhealthy = true
	f.finds <- find{slices.Clone(stable), slices.Clone(canary)}
	fmt.Println("ann:", ann.list())

	// Ann's next stream begins before the end of this one is known. She keeps her list.
	next := dial(l.Addr().String(), "ann", "z1")
	ann.close()
	fmt.Println("ann again:", next.list())

	next.close()
	bob.close()
	f.close()
	s.GracefulStop()
	if err := <-served; err != nil {
		log.Fatal(err)
	}
	// Output:
	// ann in z1: 10.0.1.1 45.0%, 10.0.1.2 45.0%, 10.0.3.1 5.0%, shed 5.0%
	// bob in z2: 10.0.2.2 45.0%, 10.0.2.3 45.0%, 10.0.3.1 5.0%, shed 5.0%
	// ann: 10.0.1.1 86.4%, 10.0.1.2 8.6%, shed 5.0%
	// ann: 10.0.1.2 67.9%, 10.0.2.1 13.6%, 10.0.2.3 13.6%, shed 5.0%
	// ann again: 10.0.1.2 67.9%, 10.0.2.1 13.6%, 10.0.2.3 13.6%, shed 5.0%
}

// A client is a stream to the balancer. Real clients have the grpclb policy for that.
type client struct {
	cc     *grpc.ClientConn
	stream grpc.BidiStreamingClient[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]
}

func dial(addr, name, zone string) *client {
	cc, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	ctx := metadata.AppendToOutgoingContext(context.Background(), "client", name, "zone", zone)
	stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := stream.Send(&lbpb.LoadBalanceRequest{
		LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
			InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
		},
	}); err != nil {
		log.Fatal(err)
	}
	return &client{cc, stream}
}

// list returns the next list: each server with its percent of the calls.
func (c *client) list() string {
	for {
		m, err := c.stream.Recv()
		if err != nil {
			log.Fatal(err)
		}
		list := m.GetServerList()
		if list == nil {
			continue // the initial response comes first
		}
		var names []string
		count := map[string]int{}
		for _, s := range list.Servers {
			ip, _ := netip.AddrFromSlice(s.IpAddress)
			name := ip.String()
			if s.Drop {
				name = s.LoadBalanceToken
			}
			if count[name]++; count[name] == 1 {
				names = append(names, name)
			}
		}
		for i, name := range names {
			names[i] = fmt.Sprintf("%s %.1f%%", name, 100*float64(count[name])/float64(len(list.Servers)))
		}
		return strings.Join(names, ", ")
	}
}

func (c *client) close() { c.cc.Close() }
