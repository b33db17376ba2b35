//go:build foreign

package foreign

import (
	"context"
	"crypto/x509"
	"fmt"
	"reflect"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	_ "google.golang.org/grpc/balancer/grpclb" // has targets of the scheme dns looked up for balancers
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/actorlb/grpclb"
)

// ours is the name of this module's policy here. Both want "grpclb" by themselves.
const ours = "grpclb_ours"

func init() {
	balancer.Register(grpclb.NewBuilder(grpclb.WithName(ours)))
}

// A goClient is a channel of grpc-go with the policy of that name.
type goClient struct {
	policy string
	of     traits
}

func (c goClient) traits() traits { return c.of }

func (c goClient) open(t testing.TB, target, root string) channel {
	cc, err := grpc.NewClient(target,
		grpc.WithDefaultServiceConfig(serviceConfig(c.policy)),
		grpc.WithTransportCredentials(trust(t, root)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cc.Close() })
	return &goChannel{TB: t, client: testpb.NewTestServiceClient(cc)}
}

func serviceConfig(policy string) string {
	return fmt.Sprintf(`{"loadBalancingConfig":[{%q:{}}]}`, policy)
}

func trust(t testing.TB, root string) credentials.TransportCredentials {
	if root == "" {
		return insecure.NewCredentials()
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(root)) {
		t.Fatal("no certificate in the root")
	}
	return credentials.NewClientTLSFromCert(pool, "")
}

type goChannel struct {
	testing.TB
	client testpb.TestServiceClient

	stop  chan struct{} // closed by end
	ended chan []answer
}

func (c *goChannel) calls(n int, how how) (answers []answer) {
	for range n {
		answers = append(answers, c.call(how))
	}
	return answers
}

func (c *goChannel) call(how how) answer {
	ctx, cancel := context.WithTimeout(context.Background(), how.timeout)
	defer cancel()
	response, err := c.client.UnaryCall(ctx, &testpb.SimpleRequest{}, grpc.WaitForReady(how.wait))
	if err != nil {
		s := status.Convert(err)
		return answer{code: s.Code(), detail: s.Message()}
	}
	message, err := proto.Marshal(response)
	if err != nil {
		c.Error(err)
	}
	return read(c, message)
}

func (c *goChannel) begin(how how) {
	c.stop, c.ended = make(chan struct{}), make(chan []answer, 1)
	go func() {
		var answers []answer
		for {
			select {
			case <-c.stop:
				c.ended <- answers
				return
			default:
				answers = append(answers, c.call(how))
			}
		}
	}()
}

func (c *goChannel) end() []answer {
	close(c.stop)
	return <-c.ended
}

// Who has the name "grpclb" depends on the order in which packages are initialised.
func TestForeign_GrpcGoIsGrpcGo(t *testing.T) {
	const want = "google.golang.org/grpc/balancer/grpclb"
	if got := reflect.Indirect(reflect.ValueOf(balancer.Get("grpclb"))).Type().PkgPath(); got != want {
		t.Fatalf("the policy grpclb is that of %s, want %s", got, want)
	}
}
