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

	// defaultMaxEntries is enough for shares of 2.5 % and more to be within the
	// tolerance.
	defaultMaxEntries = 4096

	defaultNameTimeout    = 10 * time.Second
	defaultMaxMessageRate = 100
)

// Options say how a [Balancer] treats its clients. The zero value is usable.
//
// The hooks (Normalize, Authorize, Classify, ReportIntervalFor and the On functions) run in
// the goroutines of the streams (a stream is a client's call to the balancer). They run for
// several clients at the same time, so they must be safe for that. One that blocks delays its
// own client, the return of that stream's handler, and Close. They may use the balancer but
// must not call Close, CloseOver or Review, which wait for them. If one panics, its stream ends with
// INTERNAL (unless it is OnEnd: then the stream has ended), the log has the stack trace, and
// other streams go on. Interceptors that recover panics do not see it.
//
// For one stream they run in this order: Normalize, Authorize, Classify, ReportIntervalFor,
// OnBegin, OnUnknown, OnReport, OnEnd. If one of them ends the stream, the next ones do not
// run, except that OnEnd runs whenever OnBegin has run. [Balancer.Review] asks Normalize, Authorize
// and Classify again, and OnMove and OnUnknown if they say something else, all before OnEnd.
type Options struct {
	// Normalize, if not nil, maps several names of a service to one, such as "Greeter:443"
	// and "greeter" to "greeter". It gets each name that a client asks for, and each name
	// that a method of Balancer is given; there it runs in the goroutine of the caller, which
	// also gets its panics. If nil, names are compared byte by byte. A name that it
	// has returned must stay as it is: hooks and State have normalized names.
	Normalize func(service string) string

	// Authorize, if not nil, says whether a client may have the service that it has named. An
	// error ends the stream: with the code and text of the error if it is a gRPC status
	// (package google.golang.org/grpc/status), else with PERMISSION_DENIED. The error is
	// logged at level info. The context is that of the stream: it is done when the client has
	// gone. Authorize is asked once for a stream, and again at each [Balancer.Review]. Its
	// answer holds until then, or until the stream ends; MaxCallAge bounds that. If nil, each
	// client may have each service.
	Authorize func(context.Context, Client) error

	// Classify, if not nil, returns the class of a client, from its Peer, Metadata or
	// Service: clients of a class can have a list of their own, see [Balancer.SetServersFor].
	// (Go clients of this module send Metadata by grpclb.WithBalancerHeaders.)
	// It is asked once for a stream, and again at each [Balancer.Review]. A class may be any
	// text of up to 255 bytes in UTF-8; a stream with any other ends with INVALID_ARGUMENT.
	// The class "" is for clients without one; if Classify is nil, all clients are in it. The
	// number of classes has no bound: a class that clients invent costs nothing when its last
	// stream has ended, but an answer that was set for it stays until RemoveFor.
	Classify func(Client) string

	// OnBegin, if not nil, is told of each stream whose client was admitted (by Authorize
	// and Classify), before the client is answered. An answer that is set in OnBegin, for
	// the class of this client, say, is the one that the client gets.
	//
	// OnEnd, if not nil, is told when that stream has ended, and with which status: NotFound
	// if there was no answer for it, Canceled if the client ended it. OnEnd is called once for
	// each OnBegin, after the last OnReport. The next stream of the same client may begin
	// before that, so the end of a stream is no reason to remove an answer, see
	// [Balancer.RemoveFor].
	OnBegin func(Client)
	OnEnd   func(Client, error)

	// OnMove, if not nil, is told of a client that [Balancer.Review] has found to be of another
	// service or class, before it is answered: from and to differ only in that. An answer that
	// is set in OnMove, for the class of to, say, is the one that the client gets. Reports with
	// the client as in to come after OnMove has returned; one that came with it may still be as
	// in from.
	OnMove func(from, to Client)

	// OnUnknown, if not nil, is told of a client for which there is no answer: its service is
	// not known, or has answers for other classes only. If the hook sets an answer, the
	// client gets it; if the hook calls Expect, the client waits for one. Otherwise the
	// stream ends with NOT_FOUND when the hook returns, and the client asks again after its
	// backoff. It is not asked about a class without an answer if the service has one of its
	// own, or is expected to get one: so set the answers of classes in OnBegin, and use
	// OnUnknown to look up services.
	OnUnknown func(Client)

	// OnReport, if not nil, is handed each load report. A slow OnReport delays the next
	// reports of the same client, but not the lists that are sent to it.
	OnReport func(Report)

	// ReportInterval is the time between two load reports that clients are asked for. Zero or
	// less asks for none. Clients of this module send at most ten a second and those of
	// C-core at most one, even if the interval is shorter.
	ReportInterval time.Duration

	// ReportIntervalFor, if not nil, returns what ReportInterval is for a client, after
	// Classify.
	ReportIntervalFor func(Client) time.Duration

	// MaxCallAge is how long a stream may last. At that age it ends with UNAVAILABLE, so that
	// clients spread over balancers that were added. The age counts from the first answer,
	// and differs by up to a tenth either way from stream to stream. Clients of this module
	// and of grpc-go open the next stream at once, and keep their list and their connections
	// to backends meanwhile. Zero or less means no bound.
	//
	// Choose minutes, and at least ten times ReportInterval: each stream is sent the whole
	// list anew, and the counts since the client's last report are lost with the stream before.
	// A client of this module that got a list opens the next stream at once only if the last one was
	// older than its first backoff delay (1 s); so with less than two seconds clients are
	// without a stream for part of the time.
	//
	// A client opens the next stream over the connection that it has. To have it connect
	// anew, perhaps to another balancer, give the gRPC server a MaxConnectionAge
	// (keepalive.ServerParameters), for example half of MaxCallAge, and no
	// MaxConnectionAgeGrace: clients then open no new stream over an old connection, and gRPC
	// closes it when its last stream has ended. Clients of C-core report nothing on the next stream until the list
	// differs (see RestartTokens).
	MaxCallAge time.Duration

	// NameTimeout is how long a client may take to name its service, from the beginning of
	// the stream. After that the stream ends with DEADLINE_EXCEEDED. Zero or less means 10 s.
	NameTimeout time.Duration

	// MaxClients is how many streams may be open at a time. One more ends with
	// RESOURCE_EXHAUSTED at once. Zero or less means no bound. How many one connection may
	// open is a setting of the gRPC server (grpc.MaxConcurrentStreams).
	MaxClients int

	// MaxMessageRate is how many messages a client may send in a second on one stream; after
	// a pause of a second it may send as many at once. One more ends the stream with
	// RESOURCE_EXHAUSTED. After the first message clients send nothing but load reports. Zero
	// means 100, less than zero means no bound. A rate of less than twice what the client's
	// report interval asks for is raised to that: it would end streams that do what they are
	// asked. How large
	// a message may be is a setting of the gRPC server (grpc.MaxRecvMsgSize, 4 MiB by
	// default).
	MaxMessageRate int

	// RestartTokens appends a mark to every token: "~" and six characters, which differ with
	// every New. Clients of C-core (C++, Python, Ruby, PHP, C#) ignore a list that equals
	// their last one, even on a new stream: after a restart of the balancer they then send
	// the new one no counts, and if they were in fallback they stay there. With the mark no
	// list equals one from before the restart.
	// Backends get the token with the mark; the token is what comes before the last "~".
	// Reports that OnReport gets have the tokens without the mark. A token may then have up
	// to 42 bytes, not 49.
	RestartTokens bool

	// MaxEntries is how many entries a list may have whose servers have weights. If the
	// weights need more, their shares are approximated, see [Server]. Zero or less means
	// 4,096. If there are more servers than that, the list has one entry for each, whatever
	// their weights.
	MaxEntries int

	// MaxListBytes is how many bytes an encoded server list may have. SetServers returns an
	// error for a longer one. Zero or less means 4 MiB, the most that a gRPC client accepts
	// by default: some 65,000 IPv4 entries with the longest tokens, or 350,000 without
	// tokens. More than 2 GiB, which no message can have, means 2 GiB. If the gRPC server has
	// a grpc.MaxSendMsgSize, it must not be less.
	MaxListBytes int

	// PlainMessages lets interceptors and stats handlers see each answer as an
	// *lbpb.LoadBalanceResponse. Without it they see a *grpc.PreparedMsg, which is a message
	// that is encoded already; they can tell only its length. Set it only if they need the
	// lists, for example to log all messages. The cost: each list is encoded for each client,
	// and a client that reads nothing can hold up to 4 MiB of the balancer's memory (gRPC
	// encodes a list over 32 KiB into buffers of 1 MiB, and several can wait).
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
	}
	return o
}

// messageRate returns how many messages a second a client may send that is asked for
// reports at this interval.
func (o *Options) messageRate(interval time.Duration) int {
	if o.MaxMessageRate > 0 && interval > 0 {
		return max(o.MaxMessageRate, int(2*time.Second/interval))
	}
	return o.MaxMessageRate
}

// normalized returns the one name of a service.
func (o *Options) normalized(service string) string {
	if o.Normalize == nil {
		return service
	}
	return o.Normalize(service)
}
