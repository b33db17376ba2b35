package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
)

// A longCall is one call that lives longer than the list by which it was picked. It must not
// notice.
type longCall struct {
	cc      *grpc.ClientConn
	stream  grpc.BidiStreamingClient[testpb.StreamingOutputCallRequest, testpb.StreamingOutputCallResponse]
	backend string // that answered first
}

// begin starts the call and waits for a first answer.
func (l *longCall) begin() (err error) {
	if l.stream, err = testpb.NewTestServiceClient(l.cc).FullDuplexCall(context.Background()); err != nil {
		return fmt.Errorf("the long call: %w", err)
	}
	l.backend, err = l.ask()
	return err
}

// end checks that the same backend still answers, and ends the call.
func (l *longCall) end() error {
	backend, err := l.ask()
	if err != nil {
		return err
	}
	if backend != l.backend {
		return fmt.Errorf("the long call was answered by %s and then by %s", l.backend, backend)
	}
	if err := l.stream.CloseSend(); err != nil {
		return fmt.Errorf("the long call: %w", err)
	}
	if _, err := l.stream.Recv(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the long call ended with %v", err)
	}
	return nil
}

// ask sends a message and returns which backend answers.
func (l *longCall) ask() (backend string, err error) {
	if err := l.stream.Send(&testpb.StreamingOutputCallRequest{}); err != nil {
		return "", fmt.Errorf("the long call: %w", err)
	}
	answer, err := l.stream.Recv()
	if err != nil {
		return "", fmt.Errorf("the long call: %w", err)
	}
	return string(answer.GetPayload().GetBody()), nil
}
