package lbstream

import (
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"
)

// command is what the core wants done. The owner does them in order.
type command interface{ isCommand() }

// openChannel: make the channel. There is none.
type openChannel struct{ addresses []resolver.Address }

// useAddresses: give the channel these addresses instead. A live call stays.
type useAddresses struct{ addresses []resolver.Address }

// closeChannel: close the channel. It carries no call.
type closeChannel struct{}

// openStream: start the call of this number over the channel. There is none.
type openStream struct{ number uint64 }

// endStream: cancel the call and listen no more to its children, nor for what the
// counter has to say of it.
type endStream struct{}

// sendInitial: have a sender send the first message of the call just opened.
type sendInitial struct{ name string }

// ask: ask the counter about the present call, which has this number. No other
// question is out.
type ask struct{ stream uint64 }

// sendReport: have a sender send this report. There is no other.
type sendReport struct{ stats *lbpb.ClientStats }

// tellRetry: pass this on to the retry owner.
type tellRetry struct{ message retryMessage }

// moveOn: log that the call of this number, which was with the balancer at the
// address from, brought no list, and that the next balancer is asked.
type moveOn struct {
	stream uint64
	from   string // may be empty
	err    error
}

// complain: log that the balancer said something this client has no use for.
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
func (tellRetry) isCommand()    {}
func (moveOn) isCommand()       {}
func (complain) isCommand()     {}
