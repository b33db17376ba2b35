package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/lbserver"
)

// service is what the channel dials, and the name that the balancer is asked for.
const service = "quickstart.example.com"

// noToken is the answer of a backend to a call that had no LB token.
const noToken = "none"

// A cluster is all the servers. Only the goroutine that plays the script uses it.
type cluster struct {
	lists    *lbserver.Balancer       // nil while the balancer is down
	balancer *server                  // what lists is registered with
	backends [lastBackend + 1]*server // by number; number 0 is dropped, not a server
	lost     <-chan struct{}          // channel → cluster: the stream to the balancer has ended
	long     longCall                 // over the channel
}

// startCluster starts all backends, and a balancer without a list yet: calls wait.
func startCluster() (*cluster, error) {
	c := &cluster{balancer: newServer()}
	for n := 1; n <= lastBackend; n++ {
		c.backends[n] = newServer()
		if err := c.startBackend(n); err != nil {
			c.stop()
			return nil, err
		}
	}
	if err := c.startBalancer(goal{}); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// startBackend starts the backend with this number, at the address it had.
func (c *cluster) startBackend(n int) error {
	s := grpc.NewServer()
	testpb.RegisterTestServiceServer(s, backend{number: n})
	return c.backends[n].start(s)
}

// startBalancer starts a balancer, at the address it had, with g's list. The list is set before
// the server starts, so that no client is told NOT_FOUND. With an empty list clients wait.
func (c *cluster) startBalancer(g goal) error {
	c.lists = lbserver.New(lbserver.Options{ReportInterval: 500 * time.Millisecond})
	if err := c.announce(g); err != nil {
		return err
	}
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	c.lists.Register(s)
	return c.balancer.start(s)
}

// stopBalancer closes the connections first, so clients get no status.
func (c *cluster) stopBalancer() error {
	err := c.balancer.kill()
	if c.lists != nil {
		c.lists.Close()
		c.lists = nil
	}
	return err
}

// awaitLoss waits until the policy has noticed that the balancer is gone.
func (c *cluster) awaitLoss() error {
	limit := time.NewTimer(takeoverLimit)
	defer limit.Stop()
	select {
	case <-c.lost:
		return nil
	case <-limit.C:
		return fmt.Errorf("the policy had not noticed it after %v", takeoverLimit)
	}
}

// stop stops everything that runs. Errors do not matter then.
func (c *cluster) stop() {
	_ = c.stopBalancer()
	for _, b := range c.backends[1:] {
		if b != nil {
			_ = b.kill()
		}
	}
}

// addresses says which server has which address.
func (c *cluster) addresses() string {
	text := "balancer " + c.balancer.addr
	for n := 1; n <= lastBackend; n++ {
		text += fmt.Sprintf(", %s %s", placeName(n), c.backends[n].addr)
	}
	return text
}

// A backend answers with its number, and with the LB token that the call had.
type backend struct {
	testpb.UnimplementedTestServiceServer
	number int
}

// UnaryCall answers at once.
func (b backend) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	token := noToken
	if sent := metadata.ValueFromIncomingContext(ctx, "lb-token"); len(sent) > 0 {
		token = sent[0]
	}
	return &testpb.SimpleResponse{
		ServerId: strconv.Itoa(b.number),
		Payload:  &testpb.Payload{Body: []byte(token)},
	}, nil
}

// FullDuplexCall answers each message, until the client ends the call.
func (b backend) FullDuplexCall(call grpc.BidiStreamingServer[testpb.StreamingOutputCallRequest, testpb.StreamingOutputCallResponse]) error {
	for {
		_, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = call.Send(&testpb.StreamingOutputCallResponse{Payload: &testpb.Payload{Body: []byte(placeName(b.number))}})
		}
		if err != nil {
			return err
		}
	}
}

// readAnswer is what UnaryCall wrote.
func readAnswer(r *testpb.SimpleResponse) (number int, token string, err error) {
	number, err = strconv.Atoi(r.GetServerId())
	if err != nil || number < 1 || number > lastBackend {
		return 0, "", errors.New("the answer is from no backend: " + r.String())
	}
	return number, string(r.GetPayload().GetBody()), nil
}
