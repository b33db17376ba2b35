package lbserver

import (
	"encoding/binary"
	"net"
	"testing"

	"google.golang.org/protobuf/proto"
)

// Frames of HTTP/2 (RFC 9113, section 6), as far as a client needs them that
// says something and never reads.
const (
	dataFrame     = 0x0
	headersFrame  = 0x1
	settingsFrame = 0x4
	endHeaders    = 0x4
	preface       = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

// mute opens a connection with so many calls for the service, each of which
// reports once, and never reads from it. It costs the process next to nothing, so
// what memory is taken is the balancer's. The compressor, if there is one, is
// what the client says it uses, and so what it is answered in.
func mute(t *testing.T, addr, service, compressor string, calls int) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	b := frame([]byte(preface), settingsFrame, 0, 0, nil)
	for n := range calls {
		stream := uint32(2*n + 1)
		b = frame(b, headersFrame, endHeaders, stream, headers(compressor))
		b = frame(b, dataFrame, 0, stream, framed(t, initialRequest(service)))
		b = frame(b, dataFrame, 0, stream, framed(t, report(1)))
	}
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

func frame(b []byte, kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	b = append(b, byte(n>>16), byte(n>>8), byte(n), kind, flags)
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// headers are in HPACK's longest form: literal, not indexed, not Huffman coded.
func headers(compressor string) (b []byte) {
	fields := [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":authority", "balancer"},
		{":path", "/grpc.lb.v1.LoadBalancer/BalanceLoad"},
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

// framed is m as gRPC has it within a stream, not compressed.
func framed(t *testing.T, m proto.Message) []byte {
	t.Helper()
	body, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(body))), body...)
}
