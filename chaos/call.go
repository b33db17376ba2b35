package main

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"
)

const (
	// A streaming call asks so often, with so long between two questions of so
	// many bytes. It takes some 40 ms, so it is over well within the second that
	// a backend is still there after a list without it was taken up.
	questions     = 5
	questionPause = 10 * time.Millisecond
	questionBytes = 1 << 10
)

// call makes one call and says how it went. The timer is the caller's.
func (c caller) call(timer *time.Timer) outcome {
	o := outcome{caller: c.number, streaming: c.number%4 == 3, patient: c.manner.patient && c.number/4%2 == 1}
	o.began = time.Now()
	o.deadline = o.began.Add(c.manner.limit)
	ctx, cancel := context.WithDeadline(context.Background(), o.deadline)
	defer cancel()
	c.since.Store(o.began.UnixNano())
	defer c.since.Store(0)

	var to peer.Peer
	options := []grpc.CallOption{grpc.Peer(&to), grpc.WaitForReady(o.patient)}
	var answer *testpb.Payload
	if o.streaming {
		answer, o.err = c.converse(ctx, timer, options)
	} else {
		answer, o.err = c.ask(ctx, options)
	}
	o.ended = time.Now()
	if to.Addr != nil {
		o.server = to.Addr.String()
	}
	if o.err == nil {
		o.list, o.err = listOf(answer)
	}
	return o
}

func (c caller) ask(ctx context.Context, options []grpc.CallOption) (*testpb.Payload, error) {
	answer, err := c.stub.UnaryCall(ctx, &testpb.SimpleRequest{}, options...)
	return answer.GetPayload(), err
}

// converse makes a streaming call to its end, which is when gRPC tells with
// whom it was.
func (c caller) converse(ctx context.Context, timer *time.Timer, options []grpc.CallOption) (*testpb.Payload, error) {
	stream, err := c.stub.FullDuplexCall(ctx, options...)
	if err != nil {
		return nil, err
	}
	var answer *testpb.Payload
	question := &testpb.StreamingOutputCallRequest{Payload: &testpb.Payload{Body: make([]byte, questionBytes)}}
	for range questions {
		// What ended the call, if something did, Recv says better.
		if err := stream.Send(question); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		response, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		answer = response.GetPayload()
		timer.Reset(questionPause)
		select {
		case <-timer.C:
		case <-ctx.Done(): // Recv will say so
		}
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	if _, err := stream.Recv(); err != io.EOF {
		return nil, errors.Join(errors.New("the call did not end in good order"), err)
	}
	return answer, nil
}
