package lbserver

import (
	"fmt"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// An answer is what clients of a service are told: a server list or fallback.
// It is shared by all calls that it is sent on.
type answer struct {
	// Fixed once made.
	servers []Server // as the user set them; nil for fallback. For State only
	message *lbpb.LoadBalanceResponse
	digest  digest // of message

	// Owned by the loop.
	number  uint64                       // among all answers
	since   time.Time                    // when it was set
	encoded map[string]*grpc.PreparedMsg // the message as calls of that compressor get it
}

// unknownYet is the answer of a service that is expected to get one. It is
// never sent.
var unknownYet = &answer{}

// listFraming is what the message adds to the entries at most: a tag and the
// length of all entries, a varint of up to five bytes.
const listFraming = 6

// fallbackAnswer returns the answer "use your fallback addresses".
func fallbackAnswer() *answer {
	return newAnswer(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_FallbackResponse{
			FallbackResponse: &lbpb.FallbackResponse{},
		},
	})
}

// listAnswer returns the list of servers, in smooth weighted order, if it is
// valid and its encoding no longer than maxBytes. Its errors name the entry.
func listAnswer(servers []Server, m mark, maxBytes int) (*answer, error) {
	entries := make([]*lbpb.Server, len(servers))
	weights := make([]int, len(servers))
	for i, s := range servers {
		entry, err := s.wire(m)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		entries[i], weights[i] = entry, s.weight()
	}
	reduce(weights)
	// Before the weights are made copies: a weight can be any number.
	if err := checkSize(entries, weights, maxBytes); err != nil {
		return nil, err
	}
	list := &lbpb.ServerList{Servers: repeat(entries, weights)}
	return newAnswer(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{ServerList: list},
	}), nil
}

func newAnswer(m *lbpb.LoadBalanceResponse) *answer {
	return &answer{message: m, digest: digestOf(m), encoded: make(map[string]*grpc.PreparedMsg)}
}

// repeat lists each entry as often as it weighs. Copies share one value: the
// list is only read from here on.
func repeat(entries []*lbpb.Server, weights []int) []*lbpb.Server {
	order := interleave(weights)
	list := make([]*lbpb.Server, len(order))
	for place, i := range order {
		list[place] = entries[i]
	}
	return list
}

// checkSize adds up what the entries take in the message. It never exceeds
// maxBytes on the way, so no weight overflows it.
func checkSize(entries []*lbpb.Server, weights []int, maxBytes int) error {
	left := maxBytes - listFraming
	for i, e := range entries {
		size := protowire.SizeTag(1) + protowire.SizeBytes(proto.Size(e))
		if left < size || weights[i] > left/size {
			return fmt.Errorf("entry %d makes the list longer than %d bytes; smaller weights make a shorter one", i, maxBytes)
		}
		left -= size * weights[i]
	}
	return nil
}

// equal reports whether a client could not tell the two apart. A nil answer,
// which is none, equals only itself.
func (a *answer) equal(o *answer) bool {
	return a == o || a != nil && o != nil && a.digest == o.digest
}
