package lbtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	testpb "google.golang.org/grpc/interop/grpc_testing"
)

// An Answer is the answer of a backend: its number, and what it saw of the call.
type Answer struct {
	Backend int    // its number
	Token   string // the lb-token it saw, as in Backend.Tokens
}

// backendService is the side of a [Backend] that gRPC sees.
type backendService struct {
	testpb.UnimplementedTestServiceServer
	backend *Backend
}

func (s *backendService) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	token := s.backend.enter(ctx)
	defer s.backend.leave()
	if err := s.backend.pass(ctx); err != nil {
		return nil, err
	}
	return &testpb.SimpleResponse{Payload: encode(Answer{s.backend.Number, token})}, nil
}

func (s *backendService) FullDuplexCall(stream testpb.TestService_FullDuplexCallServer) error {
	token := s.backend.enter(stream.Context())
	defer s.backend.leave()
	answer := &testpb.StreamingOutputCallResponse{Payload: encode(Answer{s.backend.Number, token})}
	for {
		if _, err := stream.Recv(); err != nil {
			return endOf(err)
		}
		if err := s.backend.pass(stream.Context()); err != nil {
			return err
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

// An answer travels as "number token".

func encode(a Answer) *testpb.Payload {
	return &testpb.Payload{Body: fmt.Appendf(nil, "%d %s", a.Backend, a.Token)}
}

func decode(p *testpb.Payload) (Answer, error) {
	number, token, found := strings.Cut(string(p.GetBody()), " ")
	n, err := strconv.Atoi(number)
	if err != nil || !found {
		return Answer{}, fmt.Errorf("answer of no lbtest backend: %q", p.GetBody())
	}
	return Answer{n, token}, nil
}

// A Conversation is a FullDuplexCall to one backend. It is for one goroutine.
type Conversation struct {
	stream testpb.TestService_FullDuplexCallClient
}

// Ask sends a message and waits for the answer to it.
func (c *Conversation) Ask() (Answer, error) {
	// If the call has ended, Recv has the reason.
	if err := c.stream.Send(&testpb.StreamingOutputCallRequest{}); err != nil && !errors.Is(err, io.EOF) {
		return Answer{}, err
	}
	response, err := c.stream.Recv()
	if err != nil {
		return Answer{}, err
	}
	return decode(response.GetPayload())
}

// End closes the client's side and returns the status that the call ended with; nil is OK.
func (c *Conversation) End() error {
	if err := c.stream.CloseSend(); err != nil {
		return err
	}
	for {
		if _, err := c.stream.Recv(); err != nil {
			return endOf(err)
		}
	}
}
