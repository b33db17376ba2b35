package lbserver

import (
	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/proto"
)

// A delivery is an answer for one call. It has the encoded form or the message, not
// both: a call whose client does not read keeps only the bytes, which it shares
// with all other calls.
type delivery struct {
	none    bool   // there is no answer: nothing to deliver
	round   uint64 // of the call's review in which it was made; an older one is for another place
	number  uint64 // of the answer
	size    int    // bytes of the message without compression
	digest  digest
	encoded *grpc.PreparedMsg
	message *lbpb.LoadBalanceResponse
}

// delivery returns the answer for the call c. It is encoded and compressed for
// the first call of a compressor, and the others get the same bytes. A call that
// can't share them, or a codec that fails, gets the message: gRPC encodes that
// while the call sends it, where a failure ends that call.
//
// Only the loop may use it.
func (a *answer) delivery(c *call) delivery {
	if c.shares {
		if a.encoded[c.compressor] == nil {
			a.encoded[c.compressor] = encode(c.stream, a.message)
		}
		if p := a.encoded[c.compressor]; p != nil {
			return delivery{number: a.number, size: a.size, digest: a.digest, encoded: p}
		}
	}
	return delivery{number: a.number, size: a.size, digest: a.digest, message: a.message}
}

// encode returns nil if the codec or the compressor of the stream fails. They may
// be the user's, so a panic of theirs must not end the loop.
func encode(s grpc.ServerStream, m proto.Message) (p *grpc.PreparedMsg) {
	defer func() {
		if recover() != nil {
			p = nil
		}
	}()
	p = new(grpc.PreparedMsg)
	if p.Encode(s, m) != nil {
		return nil
	}
	return p
}

// send hands the delivery to gRPC. That returns before the client has it: gRPC
// takes messages for a stream until 64 KiB wait to be written.
func (c *call) send(d delivery) error {
	if d.encoded != nil {
		return c.stream.SendMsg(d.encoded)
	}
	return c.stream.Send(d.message)
}
