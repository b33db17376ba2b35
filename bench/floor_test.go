package bench

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
)

// A floorBuilder makes policies that do next to nothing: they call the
// balancer, make a SubConn for each backend of a list that was not in the same
// place of the one before, and publish one picker when the last of them is
// READY.
type floorBuilder struct{}

func (floorBuilder) Name() string { return "floor" }

func (floorBuilder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	ctx, cancel := context.WithCancel(context.Background())
	return &floor{cc: cc, options: o, ctx: ctx, cancel: cancel}
}

// A channel is what a floor needs of a balancer.ClientConn.
type channel interface {
	NewSubConn([]resolver.Address, balancer.NewSubConnOptions) (balancer.SubConn, error)
	UpdateState(balancer.State)
}

type floor struct {
	balancer.Balancer // nil: gRPC wants it embedded

	cc      channel
	options balancer.BuildOptions
	ctx     context.Context
	cancel  context.CancelFunc
	call    sync.WaitGroup

	places []uint64           // the addresses of conns
	conns  []balancer.SubConn // fixed while some of them are awaited
	await  atomic.Int64       // how many of them are new and not READY
}

func (f *floor) UpdateClientConnState(s balancer.ClientConnState) error {
	address := state.Get(s.ResolverState).BalancerAddresses[0].Addr
	f.call.Go(func() { f.run(address) })
	return nil
}

// run is the call to the balancer. Only Close ends it, so its errors say
// nothing.
func (f *floor) run(address string) {
	remote, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithContextDialer(f.options.Dialer),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err) // no options to be wrong about
	}
	defer func() { _ = remote.Close() }()
	call, err := lbpb.NewLoadBalancerClient(remote).BalanceLoad(f.ctx)
	if err != nil {
		return
	}
	_ = call.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: "service.test"},
	}})
	for {
		m, err := call.Recv()
		if err != nil {
			return
		}
		if list := m.GetServerList(); list != nil {
			f.connect(list.Servers)
		}
	}
}

func (f *floor) connect(list []*lbpb.Server) {
	conns, places, fresh := make([]balancer.SubConn, len(list)), make([]uint64, len(list)), 0
	options := balancer.NewSubConnOptions{StateListener: f.report}
	for i, server := range list {
		places[i] = placeOf(server)
		if i < len(f.places) && places[i] == f.places[i] {
			conns[i] = f.conns[i]
			continue
		}
		conns[i], _ = f.cc.NewSubConn([]resolver.Address{{}}, options)
		fresh++
	}
	f.places, f.conns = places, conns
	f.await.Store(int64(fresh))
	if fresh == 0 {
		f.publish()
		return
	}
	for _, sc := range conns {
		sc.Connect()
	}
}

// placeOf returns the IPv4 address and the port of a list's entry.
func placeOf(s *lbpb.Server) uint64 {
	return uint64(binary.BigEndian.Uint32(s.IpAddress))<<16 | uint64(s.Port)
}

func (f *floor) report(s balancer.SubConnState) {
	if s.ConnectivityState == connectivity.Ready && f.await.Add(-1) == 0 {
		f.publish()
	}
}

func (f *floor) publish() {
	f.cc.UpdateState(balancer.State{ConnectivityState: connectivity.Ready, Picker: &rotation{conns: f.conns}})
}

func (f *floor) Close() {
	f.cancel()
	f.call.Wait()
}

// A rotation is its picker.
type rotation struct {
	turns atomic.Uint64
	conns []balancer.SubConn
}

func (p *rotation) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: p.conns[p.turns.Add(1)%uint64(len(p.conns))]}, nil
}
