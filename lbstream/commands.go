package lbstream

import (
	"google.golang.org/grpc/backoff"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/tokens"
)

// command is something for the owner to do. The owner does them in order.
type command interface{ isCommand() }

// openChannel: make a channel to these addresses. There is none.
type openChannel struct {
	addresses []resolver.Address
	keepalive Keepalive
}

// useAddresses: give the channel these addresses instead. An open stream stays.
type useAddresses struct{ addresses []resolver.Address }

// closeChannel: close the channel. There is no stream on it.
type closeChannel struct{}

// openStream: start a stream with this number over the channel. There is none.
type openStream struct {
	number uint64
	last   *tokens.List // the list before it, or nil
}

// endStream: cancel the stream. Its events, and an answer of the counter that is still
// to come, are ignored from now on.
type endStream struct{}

// sendInitial: send the first message of the stream, with this service name.
type sendInitial struct{ name string }

// ask: ask the counter about the present stream, which has this number. No other
// question is out.
type ask struct{ stream uint64 }

// sendReport: send this report. Nothing else is being sent.
type sendReport struct{ stats *lbpb.ClientStats }

// startRetry: start the retry owner with this backoff. There is none.
type startRetry struct{ backoff backoff.Config }

// tellRetry: send this message to the retry owner.
type tellRetry struct{ message retryMessage }

// moveOn: log that this stream, which was with the balancer at the address from,
// brought no list, and that the next balancer is asked.
type moveOn struct {
	stream uint64
	from   string // may be empty
	err    error
}

// complain: log that a message of the balancer, or a part of it, is ignored.
type complain struct {
	stream uint64
	what   string
}

func (openChannel) isCommand()  {}
func (useAddresses) isCommand() {}
func (closeChannel) isCommand() {}
func (openStream) isCommand()   {}
func (endStream) isCommand()    {}
func (sendInitial) isCommand()  {}
func (ask) isCommand()          {}
func (sendReport) isCommand()   {}
func (startRetry) isCommand()   {}
func (tellRetry) isCommand()    {}
func (moveOn) isCommand()       {}
func (complain) isCommand()     {}
