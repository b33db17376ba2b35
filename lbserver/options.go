package lbserver

import (
	"context"
	"math"
	"time"
)

const (
	// defaultMaxListBytes is the largest message a gRPC client takes unless it was
	// told otherwise (grpc.MaxCallRecvMsgSize and its like in other languages).
	defaultMaxListBytes = 4 << 20

	// defaultMaxEntries is enough for shares of a fortieth and more to be within the
	// tolerance.
	defaultMaxEntries = 4096

	defaultNameTimeout    = 10 * time.Second
	defaultMaxMessageRate = 100
)

// Options say how a [Balancer] treats its clients. The zero value is usable.
//
// The hooks (Normalize, Authorize, Classify and the On functions) run in goroutines
// of the clients' calls: for several clients at the same time, so they must be safe for
// that. One that blocks delays its own client, the return of the handler of that
// client's call, and Close. They may use the balancer but must not call Close,
// which waits for them. If one panics, its client's call ends with INTERNAL, the log
// has the stack, and everything else goes on; interceptors that recover panics do
// not see it.
//
// For one client they run in this order, each only if the one before let the client
// go on: Normalize, Authorize, Classify, OnBegin, OnUnknown, OnReport, OnEnd.
type Options struct {
	// Normalize, if not nil, returns the one name of a service that has several:
	// "Greeter:443" and "greeter", say. It is applied to what clients ask for, and
	// to every name that the methods of Balancer are given, in the goroutine that
	// calls them. Names are compared byte by byte otherwise.
	Normalize func(service string) string

	// Authorize, if not nil, says whether a client may have the service it has named.
	// An error ends its call, with its code and text if it is a gRPC status
	// (package google.golang.org/grpc/status), else with PERMISSION_DENIED. The error is
	// logged. The context is that of the client's call: it is done when the client has
	// gone. It is asked once a call, so what it said holds until the call ends;
	// MaxCallAge bounds that.
	Authorize func(context.Context, Client) error

	// Classify, if not nil, returns the class of a client, from its Peer, Metadata or
	// Service: clients of a class can have a list of their own, see
	// [Balancer.SetServersFor]. It is asked once a call. There may be any number of
	// classes; "" is that of clients without one.
	Classify func(Client) string

	// OnBegin, if not nil, is told of each client that was admitted, before it is
	// answered, and OnEnd when its call has ended, with the status that it ended with:
	// NotFound if there was no answer for it, Canceled if the client hung up. OnEnd comes
	// once for each OnBegin, after the last OnReport.
	OnBegin func(Client)
	OnEnd   func(Client, error)

	// OnUnknown, if not nil, is told of a client for which there is no answer: its
	// service is not known, or has a list for other classes only. If the hook
	// sets one, or calls Expect, the client gets that. Otherwise its call ends with
	// NOT_FOUND when the hook returns, and the client asks again after its backoff.
	OnUnknown func(Client)

	// OnReport, if not nil, is handed each load report. A slow one delays the next
	// reports of its client; its lists come in time.
	OnReport func(Report)

	// ReportInterval is how often a client is asked for a load report. Zero or
	// less asks for none. Clients of this module send at most ten a second
	// whatever is asked.
	ReportInterval time.Duration

	// MaxCallAge ends each call with UNAVAILABLE, so that clients spread over balancers
	// that were added. It counts from the first answer, and differs by up to a tenth
	// either way from call to call. Clients of this module and of grpc-go call again
	// at once and keep their list and their connections to backends meanwhile. Zero or
	// less means never.
	//
	// A client calls again over the connection that it has. To have it make a new one, to
	// another balancer perhaps, give the gRPC server a MaxConnectionAge
	// (keepalive.ServerParameters) of half of MaxCallAge, say, and no
	// MaxConnectionAgeGrace: gRPC then sends no new call over old connections, and
	// closes each when its last call has ended. What happened after the client's last load
	// report is not reported. Clients of C-core do not count calls anew unless the list
	// differs, so they report nothing on the second call until it does.
	MaxCallAge time.Duration

	// NameTimeout is how long a client may take to name its service. Then its call
	// ends with DEADLINE_EXCEEDED. Zero or less means 10 s.
	NameTimeout time.Duration

	// MaxClients bounds the calls that are open. One more ends with
	// RESOURCE_EXHAUSTED at once. Zero or less means no bound. What one connection may
	// open is for the gRPC server (grpc.MaxConcurrentStreams).
	MaxClients int

	// MaxMessageRate bounds how many messages a client may send in a second, after a
	// pause as many at once. One more ends its call with RESOURCE_EXHAUSTED. Clients
	// send nothing but load reports. Zero means 100, or twice what ReportInterval asks for
	// if that is more; less means no bound. What a message may weigh is for the gRPC server
	// (grpc.MaxRecvMsgSize, 4 MiB by default).
	MaxMessageRate int

	// RestartTokens appends a mark to every token: "~" and six characters, which
	// differ with every New. Clients of C-core (C++, Python, Ruby, PHP, C#) ignore a list
	// that equals their last one, even on a new call: after a restart of the balancer
	// they then send the new one no counts. With the mark no list equals one of before.
	// Backends find the token in front of the last "~"; reports have the tokens without
	// it. It leaves 42 bytes for a token.
	RestartTokens bool

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

// withDefaults returns the options with a figure for each bound that has one.
func (o Options) withDefaults() Options {
	if o.MaxListBytes <= 0 {
		o.MaxListBytes = defaultMaxListBytes
	}
	o.MaxListBytes = min(o.MaxListBytes, math.MaxInt32)
	if o.MaxEntries <= 0 {
		o.MaxEntries = defaultMaxEntries
	}
	if o.NameTimeout <= 0 {
		o.NameTimeout = defaultNameTimeout
	}
	if o.MaxMessageRate == 0 {
		o.MaxMessageRate = defaultMaxMessageRate
		if o.ReportInterval > 0 {
			o.MaxMessageRate = max(o.MaxMessageRate, int(2*time.Second/o.ReportInterval))
		}
	}
	return o
}

// normalized returns the one name of a service.
func (o *Options) normalized(service string) string {
	if o.Normalize == nil {
		return service
	}
	return o.Normalize(service)
}
