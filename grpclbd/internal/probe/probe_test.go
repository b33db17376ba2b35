package probe

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A balancer sends these messages, and then ends the stream with this error; a silent one does not
// end it.
type balancer struct {
	lbpb.UnimplementedLoadBalancerServer
	messages []*lbpb.LoadBalanceResponse
	err      error
	silent   bool
}

func (b balancer) BalanceLoad(s lbpb.LoadBalancer_BalanceLoadServer) error {
	if _, err := s.Recv(); err != nil {
		return err
	}
	for _, m := range b.messages {
		if err := s.Send(m); err != nil {
			return err
		}
	}
	if b.silent {
		<-s.Context().Done()
	}
	return b.err
}

// serve serves what is registered and returns where.
func serve(t *testing.T, register func(*grpc.Server)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	register(s)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

func (b balancer) serve(t *testing.T) string {
	return serve(t, func(s *grpc.Server) { lbpb.RegisterLoadBalancerServer(s, b) })
}

func initial(every time.Duration) *lbpb.LoadBalanceResponse {
	return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{
		InitialResponse: &lbpb.InitialLoadBalanceResponse{ClientStatsReportInterval: durationpb.New(every)},
	}}
}

func list(servers ...*lbpb.Server) *lbpb.LoadBalanceResponse {
	return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{ServerList: &lbpb.ServerList{Servers: servers}}}
}

const evil = "t\x1b[31m\u009b\u202e\n"

// What is printed of known answers, to the letter.
func TestProbe_Prints(t *testing.T) {
	a := &lbpb.Server{IpAddress: []byte{10, 0, 0, 1}, Port: 1, LoadBalanceToken: "t"}
	for name, c := range map[string]struct {
		messages []*lbpb.LoadBalanceResponse
		want     string
	}{
		"a list": {
			[]*lbpb.LoadBalanceResponse{initial(10 * time.Second), list(a, a, a, &lbpb.Server{Drop: true, LoadBalanceToken: "shed"})},
			"the balancer wants load reports every 10s\nentries: 4 (drops: 1)\nENTRY       TOKEN  TIMES  SHARE OF CALLS\n10.0.0.1:1  t      3      75.00%\ndrop        shed   1      25.00%\n",
		},
		"an empty list": {[]*lbpb.LoadBalanceResponse{initial(0), list()}, "the balancer wants no load reports\nentries: 0 (drops: 0)\n"},
		"fallback": {
			[]*lbpb.LoadBalanceResponse{{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_FallbackResponse{FallbackResponse: &lbpb.FallbackResponse{}}}},
			"fallback: clients are to use their fallback addresses\n",
		},
		"hostile": {
			[]*lbpb.LoadBalanceResponse{{}, list(&lbpb.Server{IpAddress: []byte("abc"), LoadBalanceToken: evil})},
			"a message of a kind that is not known\nentries: 1 (drops: 0)\nENTRY                                TOKEN      TIMES  SHARE OF CALLS\nan address of 3 bytes, which is none:0  t?[31m???  1      100.00%\n",
		},
	} {
		var out bytes.Buffer
		err := Run(t.Context(), &out, Options{Balancer: balancer{messages: c.messages}.serve(t), Service: "s", Patience: time.Minute})
		if name == "hostile" { // the width of the columns does not matter
			out = *bytes.NewBufferString(strings.Join(strings.Fields(out.String()), " "))
			c.want = strings.Join(strings.Fields(strings.ReplaceAll(c.want, "none:0", "none")), " ")
		}
		if err != nil || out.String() != c.want {
			t.Errorf("%s: error %v\n%q", name, err, out.String())
		}
	}
}

// Each way in which there is no list says what to do.
func TestProbe_Fails(t *testing.T) {
	refused := func(code codes.Code, text string) string {
		return balancer{err: status.Error(code, text)}.serve(t)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"an unknown service": {Options{Balancer: refused(codes.NotFound, "the balancer knows no service")}, "the stream ended with NotFound: the balancer knows no service. SERVICE is the whole name that clients dial, with its port"},
		"it is not allowed":  {Options{Balancer: refused(codes.PermissionDenied, "no")}, "the stream ended with PermissionDenied: no. The balancer's authorization policy does not allow it; -cert and -header say who asks"},
		"it waits":           {Options{Balancer: refused(codes.Unavailable, "a source has not spoken")}, "the stream ended with Unavailable: a source has not spoken"},
		"a hostile text":     {Options{Balancer: refused(codes.Internal, evil+"http://u:hunter2@h")}, "the stream ended with Internal: t?[31m???http://…@h"},
		"an end":             {Options{Balancer: balancer{}.serve(t)}, "the balancer ended the stream without an error"},
		"another server":     {Options{Balancer: serve(t, func(*grpc.Server) {})}, "It is no grpclb balancer; perhaps it is a backend"},
		"nobody listens":     {Options{Balancer: nobody}, "connect: connection refused\". Is the balancer running?"},
		"TLS on one side":    {Options{Balancer: balancer{}.serve(t), Creds: credentials.NewTLS(nil)}, "The balancer has no TLS: leave out -tls, -ca, -cert and -key"},
		"silence":            {Options{Balancer: balancer{silent: true}.serve(t), Patience: 100 * time.Millisecond}, "no list came within 100ms: the balancer at "},
	} {
		if c.o.Patience == 0 {
			c.o.Patience = time.Minute
		}
		c.o.Service = "s"
		if err := Run(t.Context(), &bytes.Buffer{}, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// With Follow each list is printed, also long after the first.
func TestProbe_Follow(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	err := Run(ctx, &out, Options{Balancer: balancer{messages: []*lbpb.LoadBalanceResponse{list(), list()}, silent: true}.serve(t), Follow: true, Patience: 200 * time.Millisecond})
	if strings.Count(out.String(), "entries: 0 ") != 2 || err == nil || strings.Contains(err.Error(), "no list came") {
		t.Errorf("error %v\n%s", err, out.String())
	}
}
