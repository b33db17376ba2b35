package lbserver

import (
	"crypto/sha256"
	"encoding/binary"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// A digest stands for the content of an answer. Two answers with the same digest
// are the same to a client. The zero digest is that of no answer.
//
// A call remembers the digest of what it sent last, so it can compare lists without
// keeping them.
type digest [sha256.Size]byte

func digestOf(m *lbpb.LoadBalanceResponse) digest {
	if m.GetFallbackResponse() != nil {
		return sha256.Sum256([]byte("fallback"))
	}
	h := sha256.New()
	var entry []byte
	for _, s := range m.GetServerList().GetServers() {
		entry = appendEntry(entry[:0], s)
		h.Write(entry)
	}
	return digest(h.Sum(nil))
}

// appendEntry appends what a client sees of an entry. Lengths come before what
// they measure, so no two lists have the same bytes.
func appendEntry(b []byte, s *lbpb.Server) []byte {
	kind := byte(0)
	if s.Drop {
		kind = 1
	}
	b = append(b, kind, byte(len(s.IpAddress)), byte(len(s.LoadBalanceToken)))
	b = binary.BigEndian.AppendUint32(b, uint32(s.Port))
	b = append(b, s.IpAddress...)
	return append(b, s.LoadBalanceToken...)
}
