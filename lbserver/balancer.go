package lbserver

import (
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/actor"
)

var logger = grpclog.Component("grpclb")

// ErrClosed is what a closed balancer answers to SetServers and Fallback.
var ErrClosed = errors.New("lbserver: the balancer is closed")

// maxNameBytes is the longest service name: load_balancer.proto wants it
// shorter than 256 bytes.
const maxNameBytes = 255

// defaultMaxListBytes is the largest message a gRPC client takes unless it was
// told otherwise (grpc.MaxCallRecvMsgSize and its like in other languages).
const defaultMaxListBytes = 4 << 20

// defaultMaxEntries is enough for shares of a fortieth and more to be within the
// tolerance.
const defaultMaxEntries = 4096

// Options say how a [Balancer] treats its clients. The zero value is usable.
type Options struct {
	// ReportInterval is how often a client is asked for a load report. Zero or
	// less asks for none. Clients of this module send at most ten a second
	// whatever is asked.
	ReportInterval time.Duration

	// OnReport, if not nil, is handed each load report. It runs in a goroutine
	// of the client's call: for several clients at the same time, so it must be
	// safe for that, and a slow one delays that client's reports, and the return
	// of its call's handler, only. It may use the balancer but must not call
	// Close, which waits for it. If it panics,
	// the client's call ends with INTERNAL, the log has the stack, and everything
	// else goes on; interceptors that recover panics do not see it.
	OnReport func(Report)

	// MaxEntries bounds the length of a list whose servers have weights, which is
	// approximated if need be, see [Server]. Zero or less means 4,096. A list with
	// more servers than that has one entry for each, whatever their weights.
	MaxEntries int

	// MaxListBytes bounds an encoded server list, which is what SetServers
	// refuses to exceed. Zero or less means 4 MiB, the most that a gRPC client
	// takes by default: some 65,000 IPv4 entries with the longest tokens, or
	// 350,000 with none. More than 2 GiB, which no message can have, means 2 GiB.
	// What the gRPC server sends at most (grpc.MaxSendMsgSize) must not be less.
	MaxListBytes int

	// PlainMessages lets interceptors and stats handlers see each answer as it is,
	// an *lbpb.LoadBalanceResponse. Otherwise they see a *grpc.PreparedMsg, the
	// way in which gRPC takes a message that is encoded already, of which they can
	// tell the length only. Set it only if they need the lists, as for a log
	// of all messages: then each list is encoded for each client, and a client that
	// reads nothing can cost up to 4 MiB: gRPC encodes a list over 32 KiB into 1 MiB
	// buffers, and several can wait.
	PlainMessages bool
}

// A Balancer tells gRPC clients which backends to use. Its methods may be
// called from any goroutine; none of them waits for a client. Make one with
// [New]; it must be closed.
type Balancer struct {
	// Fixed after New.
	onReport      func(Report)
	maxEntries    int
	maxListBytes  int
	plainMessages bool
	initial       *lbpb.LoadBalanceResponse // the first message to each client
	group         *actor.Group              // the loop and two children a call

	inbox inbox // everybody → loop
}

// It is a whole grpc.lb.v1 server.
var _ lbpb.LoadBalancerServer = (*Balancer)(nil)

// New starts a balancer that knows no service yet.
func New(opts Options) *Balancer {
	if opts.MaxListBytes <= 0 {
		opts.MaxListBytes = defaultMaxListBytes
	}
	opts.MaxListBytes = min(opts.MaxListBytes, math.MaxInt32)
	if opts.MaxEntries <= 0 {
		opts.MaxEntries = defaultMaxEntries
	}
	b := &Balancer{
		onReport:      opts.OnReport,
		maxEntries:    opts.MaxEntries,
		maxListBytes:  opts.MaxListBytes,
		plainMessages: opts.PlainMessages,
		initial:       initialResponse(opts.ReportInterval),
		group:         actor.NewGroup(),
		inbox:         inbox{actor.NewInbox[message]()},
	}
	b.group.Go(b.loop)
	return b
}

// Register adds the balancer to a gRPC server. As with any gRPC service, that
// must happen before the server serves, and once.
func (b *Balancer) Register(s grpc.ServiceRegistrar) { lbpb.RegisterLoadBalancerServer(s, b) }

// SetServers makes servers the answer to clients of the service, which it adds
// if it is new. Clients that are connected are told, unless the list is equal
// to what they have. No servers is a list too: clients then hold their calls
// until one comes that has some. The slice is not kept.
//
// The order is kept for servers of equal weight; with weights it is the one
// that [Server] describes, and so is how often each is listed.
//
// Nothing changes if it returns an error: for a service name that is empty,
// longer than 255 bytes or not UTF-8; for an entry that [Server] does not
// allow, naming its index, from 0; for a list over [Options.MaxListBytes]; and
// [ErrClosed].
func (b *Balancer) SetServers(service string, servers []Server) error {
	if err := checkName(service); err != nil {
		return err
	}
	a, err := listAnswer(fit(servers, b.maxEntries), b.maxListBytes)
	if err != nil {
		return fmt.Errorf("lbserver: service %q: %w", service, err)
	}
	if !b.inbox.answered(service, a) {
		return ErrClosed
	}
	return nil
}

// Fallback tells clients of the service, which it adds if it is new, to use
// their fallback addresses, even while their backends are healthy. The next
// SetServers ends that. It refuses the same names as SetServers, and returns
// [ErrClosed] from a closed balancer.
func (b *Balancer) Fallback(service string) error {
	if err := checkName(service); err != nil {
		return err
	}
	if !b.inbox.answered(service, fallbackAnswer()) {
		return ErrClosed
	}
	return nil
}

// Expect says that the service will have an answer which is not known yet, as
// after the start of the balancer. Its clients are told nothing until the first
// SetServers or Fallback, where they would be told NOT_FOUND otherwise. A service
// that has an answer keeps it. Expect refuses the same names as SetServers, and
// returns [ErrClosed] from a closed balancer.
func (b *Balancer) Expect(service string) error {
	if err := checkName(service); err != nil {
		return err
	}
	if !b.inbox.expected(service) {
		return ErrClosed
	}
	return nil
}

// Remove forgets the service. The calls of its clients end with NOT_FOUND:
// they keep their last list as long as its backends last and ask again. A
// name that is not known is none to forget.
func (b *Balancer) Remove(service string) { b.inbox.removed(service) }

// Close ends all calls with UNAVAILABLE, and every later one. It returns when
// all goroutines of the balancer have ended, and so waits for an OnReport that
// is running. It may be called more than once.
func (b *Balancer) Close() { b.group.Stop() }

// KeepaliveEnforcement is an option for the gRPC server that a balancer is
// registered with. It allows clients to check their connection every five
// seconds, whether a call is open on it or not; gRPC's own default cuts off who
// does so more often than every five minutes, and grpc-go's shortest interval
// is ten seconds.
func KeepaliveEnforcement() grpc.ServerOption {
	return grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
		MinTime:             5 * time.Second, // half of ten: pings may arrive bunched
		PermitWithoutStream: true,
	})
}

// checkName refuses the names that no client can ask for or that are surely
// mistakes. The protocol's strings are UTF-8.
func checkName(service string) error {
	switch {
	case service == "":
		return errors.New("lbserver: the service name is empty")
	case len(service) > maxNameBytes:
		return fmt.Errorf("lbserver: the service name is %d bytes long, over %d", len(service), maxNameBytes)
	case !utf8.ValidString(service):
		return fmt.Errorf("lbserver: the service name %q is not UTF-8", service)
	}
	return nil
}

func initialResponse(every time.Duration) *lbpb.LoadBalanceResponse {
	initial := &lbpb.InitialLoadBalanceResponse{}
	if every > 0 {
		initial.ClientStatsReportInterval = durationpb.New(every)
	}
	return &lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{InitialResponse: initial},
	}
}
