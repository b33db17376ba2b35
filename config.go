package grpclb

import (
	"time"

	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/lbstream"
)

// maxNameLength is the longest service name that a balancer can be asked for,
// in bytes ("less than 256 bytes", load_balancer.proto).
const maxNameLength = 255

// A Config is the configuration of the policy. In a service config it is
//
//	{"loadBalancingConfig": [{"grpclb": {"serviceName": "example.com"}}]}
//
// with the field names given below and durations as strings of seconds, "1.5s". To
// make one by hand, begin with [DefaultConfig]; see [WithDefaults].
type Config struct {
	// ServiceName ("serviceName") is the service for which the balancer is asked.
	// Empty means the endpoint of the channel's target. At most 255 bytes.
	ServiceName string

	// InitialFallbackTimeout ("initialFallbackTimeout") is how long to wait for
	// the first server list before the fallback addresses are used. Default
	// 10 s (grpc/service_config.proto, GrpcLbConfig).
	InitialFallbackTimeout time.Duration

	// ChildPolicy ("childPolicy") is what picks among the backends, as JSON:
	// [{"pick_first": {}}]. The first policy of the list that is registered is
	// used, with its config. Empty means round_robin: over a list this module's own
	// rotation, in fallback gRPC's policy. Any other policy is given each address of
	// the list once (in fallback, the resolver's endpoints); tokens, drops and load
	// reports are applied around it.
	ChildPolicy string

	// EmptyServerList ("emptyServerList") is what an empty list means: "wait",
	// the default, "fail" or "keep".
	EmptyServerList EmptyServerList

	// BackendHealthCheck ("backendHealthCheck") is which backends gRPC checks for
	// health, if the service config has a healthCheckConfig and the child policy
	// asks for it: "fallback", the default, those that the resolver named (gRFC
	// A17: a balancer knows which of its backends are well), or "all".
	BackendHealthCheck BackendHealthCheck

	// HandoverTimeout ("handoverTimeout") is how long a new list may take until its
	// first backend is READY. After that it replaces the old list even if none is.
	// Default 10 s; "0s" replaces the old list at once.
	HandoverTimeout time.Duration

	// SubConnLinger ("subConnLinger") is how long a connection that no list
	// names any more is kept, in case it is named again. Default 10 s; "0s" closes
	// it at once.
	SubConnLinger time.Duration

	// MaxPendingPicks ("maxPendingPicks") is how many calls may wait because no
	// backend is known or READY yet. More fail at once with RESOURCE_EXHAUSTED. The
	// default, 0, is no limit. In TRANSIENT_FAILURE the limit does not count
	// wait-for-ready calls, because gRPC does not tell a policy which calls those are.
	MaxPendingPicks int

	// StreamBackoff ("streamBackoff") is the time between two streams to a balancer
	// that fails: BaseDelay ("initialDelay"), Multiplier ("multiplier"), Jitter
	// ("jitter") and MaxDelay ("maxDelay"). Default 1 s, growing by 1.6 to at most
	// 120 s, ±20 % (grpc/doc/connection-backoff.md). A delay is at least 1 ms, the
	// multiplier at least 1, the jitter from 0 to 1.
	StreamBackoff backoff.Config

	// BalancerTimeout ("balancerTimeout") is how long a balancer may send nothing on
	// a new stream before the next balancer is asked, if there is one. When a new
	// stream replaces an earlier one, a list has to come on it within the same time.
	// Otherwise contact counts as lost. Default 10 s; "0s" is no limit.
	BalancerTimeout time.Duration

	// BalancerKeepalive ("balancerKeepalive") says how a balancer that vanished is
	// detected: when it has sent nothing for 30 s ("time"), a ping is sent; when no
	// answer comes within 10 s ("timeout"), the connection is closed. gRPC raises a
	// time under 10 s to 10 s. A time of "0s" turns pings off; a timeout of "0s" is
	// gRPC's default, 20 s.
	BalancerKeepalive lbstream.Keepalive

	complete bool // made by DefaultConfig: a field that is zero does not mean the default
}

// EmptyServerList says what an empty server list means.
type EmptyServerList string

const (
	// WaitOnEmpty has calls wait until a list comes that is not empty, as
	// load-balancing.md in the gRPC documents says.
	WaitOnEmpty EmptyServerList = "wait"
	// FailOnEmpty fails calls with UNAVAILABLE meanwhile.
	FailOnEmpty EmptyServerList = "fail"
	// KeepOnEmpty goes on with the last list that was not empty. Without one,
	// calls wait.
	KeepOnEmpty EmptyServerList = "keep"
)

// BackendHealthCheck says which backends are checked for health.
type BackendHealthCheck string

const (
	// CheckFallback checks the backends that the resolver named.
	CheckFallback BackendHealthCheck = "fallback"
	// CheckAll checks those of server lists too.
	CheckAll BackendHealthCheck = "all"
)

// DefaultConfig returns the configuration of a policy that is given none.
func DefaultConfig() Config {
	return Config{
		InitialFallbackTimeout: 10 * time.Second,
		EmptyServerList:        WaitOnEmpty,
		BackendHealthCheck:     CheckFallback,
		HandoverTimeout:        10 * time.Second,
		SubConnLinger:          10 * time.Second,
		StreamBackoff:          backoff.DefaultConfig,
		BalancerTimeout:        10 * time.Second,
		BalancerKeepalive:      lbstream.DefaultKeepalive,
		complete:               true,
	}
}
