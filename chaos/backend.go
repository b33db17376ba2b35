package main

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/lbserver"
)

// A backend answers UnaryCall, and each message of a FullDuplexCall, with the
// LB token that the call had. That is how calls show which list they went by.
type backend struct {
	testpb.UnimplementedTestServiceServer
}

// newBackend makes the gRPC server of one. A stop waits for its handlers, so
// that their goroutines can be counted. Clients may ping as often as grpc-go
// lets them.
func newBackend() *grpc.Server {
	s := grpc.NewServer(grpc.WaitForHandlers(true), lbserver.KeepaliveEnforcement())
	testpb.RegisterTestServiceServer(s, backend{})
	return s
}

func (backend) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{Payload: tokenOf(ctx)}, nil
}

func (backend) FullDuplexCall(stream testpb.TestService_FullDuplexCallServer) error {
	answer := &testpb.StreamingOutputCallResponse{Payload: tokenOf(stream.Context())}
	for {
		_, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = stream.Send(answer)
		}
		if err != nil {
			return err
		}
	}
}

func tokenOf(ctx context.Context) *testpb.Payload {
	sent := metadata.ValueFromIncomingContext(ctx, "lb-token")
	return &testpb.Payload{Body: []byte(strings.Join(sent, ","))}
}

// noList is the number of the list of a call that had no token: one to a
// fallback server.
const noList = 0

// listOf reads from an answer by which list its call went: the number in the
// token that announce made.
func listOf(p *testpb.Payload) (int, error) {
	if p == nil {
		return 0, errors.New("an answer without a payload")
	}
	if len(p.Body) == 0 {
		return noList, nil
	}
	number, _, _ := strings.Cut(string(p.Body), "/")
	return strconv.Atoi(number)
}
