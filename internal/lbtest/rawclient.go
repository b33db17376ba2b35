package lbtest

import (
	"encoding/binary"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/proto"
)

// Types of HTTP/2 frames that a raw client reads. The type is the fourth byte of a
// frame, its flags are the fifth. The first three are the length of what follows the
// nine bytes of its head (RFC 9113, section 4.1).
const (
	DataFrame    = 0x0 // has what the server says
	HeadersFrame = 0x1
	ResetFrame   = 0x3
	GoAwayFrame  = 0x7

	EndStream = 0x1 // a flag of the first two: it is the last one of its call
)

// Other frames of HTTP/2, as far as RawCalls needs them.
const (
	settingsFrame     = 0x4
	windowUpdateFrame = 0x8
	endHeaders        = 0x4
	initialWindowSize = 0x4
	preface           = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	endless           = 1<<31 - 1
)

// RawCalls returns what a client writes to a balancer's connection to ask for the
// service in so many calls, and to report once on each. The rest is as in RawStreams.
func RawCalls(service, compressor string, calls int, reads bool) []byte {
	return RawStreams(lbpb.LoadBalancer_BalanceLoad_FullMethodName, compressor, calls, reads,
		&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
			InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
		}},
		&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
			ClientStats: &lbpb.ClientStats{NumCallsStarted: 1},
		}})
}

// RawStreams returns what a client writes to a connection to call a method so many
// times and to send the messages on each call. A test that writes it to a socket has
// clients that cost its process next to nothing, whether it reads what they are sent
// or not. If they are to read, the server is given windows that it can't fill, so
// that no more has to be written. The compressor, if there is one, is what the client
// says that it uses, and so what it is answered in.
func RawStreams(method, compressor string, calls int, reads bool, messages ...proto.Message) []byte {
	b := []byte(preface)
	if reads {
		b = appendFrame(b, settingsFrame, 0, 0, binary.BigEndian.AppendUint32([]byte{0, initialWindowSize}, endless))
		b = appendFrame(b, windowUpdateFrame, 0, 0, binary.BigEndian.AppendUint32(nil, endless-65535))
	} else {
		b = appendFrame(b, settingsFrame, 0, 0, nil)
	}
	for n := range calls {
		stream := uint32(2*n + 1)
		b = appendFrame(b, HeadersFrame, endHeaders, stream, headers(method, compressor))
		b = append(b, RawMessages(stream, messages...)...)
	}
	return b
}

// RawMessages returns what a client writes to send more messages on a call. The first
// call is stream 1, the next one 3.
func RawMessages(stream uint32, messages ...proto.Message) []byte {
	var said []byte
	for _, m := range messages {
		said = appendMessage(said, m)
	}
	return appendFrame(nil, DataFrame, 0, stream, said)
}

func appendFrame(b []byte, kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	b = append(b, byte(n>>16), byte(n>>8), byte(n), kind, flags)
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// headers are in HPACK's longest form: literal, not indexed, not Huffman coded.
func headers(method, compressor string) (b []byte) {
	fields := [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":authority", "balancer"},
		{":path", method},
		{"content-type", "application/grpc"}, {"te", "trailers"},
	}
	if compressor != "" {
		fields = append(fields, [2]string{"grpc-encoding", compressor})
	}
	for _, f := range fields {
		b = append(b, 0)
		for _, text := range f {
			b = append(append(b, byte(len(text))), text...)
		}
	}
	return b
}

// appendMessage appends m as gRPC has it within a stream, not compressed.
func appendMessage(b []byte, m proto.Message) []byte {
	body, err := proto.Marshal(m)
	if err != nil {
		panic("BUG: " + err.Error()) // nothing in it can fail
	}
	return append(binary.BigEndian.AppendUint32(append(b, 0), uint32(len(body))), body...)
}
