package bench

import (
	"context"
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
// balancer, make a SubConn for each backend of its first list, and publish one
// picker when the last of them is READY.
type floorBuilder struct {
	picker func([]balancer.SubConn) balancer.Picker
}

func (floorBuilder) Name() string { return "floor" }

func (b floorBuilder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	ctx, cancel := context.WithCancel(context.Background())
	return &floor{cc: cc, options: o, picker: b.picker, ctx: ctx, cancel: cancel}
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
	picker  func([]balancer.SubConn) balancer.Picker
	ctx     context.Context
	cancel  context.CancelFunc
	call    sync.WaitGroup

	conns []balancer.SubConn // fixed before the first of them reports
	ready atomic.Int64
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
			f.connect(len(list.Servers))
		}
	}
}

func (f *floor) connect(size int) {
	f.conns = make([]balancer.SubConn, size)
	options := balancer.NewSubConnOptions{StateListener: f.report}
	for i := range f.conns {
		f.conns[i], _ = f.cc.NewSubConn([]resolver.Address{{}}, options)
	}
	for _, sc := range f.conns {
		sc.Connect()
	}
}

func (f *floor) report(s balancer.SubConnState) {
	if s.ConnectivityState == connectivity.Ready && f.ready.Add(1) == int64(len(f.conns)) {
		f.cc.UpdateState(balancer.State{ConnectivityState: connectivity.Ready, Picker: f.picker(f.conns)})
	}
}

func (f *floor) Close() {
	f.cancel()
	f.call.Wait()
}

// A bareAdd is one atomic add a pick: the least that calls can share if they
// are to take turns.
type bareAdd struct {
	turns  atomic.Uint64
	_      [56]byte // the line that is written is not the one that is read
	result balancer.PickResult
}

func newBareAdd(conns []balancer.SubConn) balancer.Picker {
	return &bareAdd{result: balancer.PickResult{SubConn: conns[0]}}
}

func (p *bareAdd) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	p.turns.Add(1)
	return p.result, nil
}

// A rotation is the picker of the policy that does nothing.
type rotation struct {
	turns atomic.Uint64
	conns []balancer.SubConn
}

func newRotation(conns []balancer.SubConn) balancer.Picker { return &rotation{conns: conns} }

func (p *rotation) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: p.conns[p.turns.Add(1)%uint64(len(p.conns))]}, nil
}
