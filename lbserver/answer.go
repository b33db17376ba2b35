package lbserver

import (
	"fmt"
	"slices"
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
	copies  []int    // how often the list has each of them; nil: once. For State only
	message *lbpb.LoadBalanceResponse
	size    int    // of message, encoded
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

// framed returns the size of a message with so many bytes in its one field.
func framed(bytes int) int { return protowire.SizeTag(1) + protowire.SizeBytes(bytes) }

// fallbackAnswer returns the answer "use your fallback addresses".
func fallbackAnswer() *answer {
	return newAnswer(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_FallbackResponse{
			FallbackResponse: &lbpb.FallbackResponse{},
		},
	}, framed(0))
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
	size, err := sizeOf(entries, weights, maxBytes)
	if err != nil {
		return nil, err
	}
	list := &lbpb.ServerList{Servers: repeat(entries, weights)}
	a := newAnswer(&lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{ServerList: list},
	}, framed(size))
	if len(list.Servers) > len(servers) {
		a.copies = weights
	}
	return a, nil
}

func newAnswer(m *lbpb.LoadBalanceResponse, size int) *answer {
	return &answer{message: m, size: size, digest: digestOf(m), encoded: make(map[string]*grpc.PreparedMsg)}
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

// sizeOf adds up what the entries take in the message. It never exceeds
// maxBytes on the way, so no weight overflows it.
func sizeOf(entries []*lbpb.Server, weights []int, maxBytes int) (int, error) {
	left := maxBytes - listFraming
	for i, e := range entries {
		size := framed(proto.Size(e))
		if left < size || weights[i] > left/size {
			advice := "fewer servers for each class (package assign) or shorter tokens make a shorter one"
			if slices.Max(weights) > 1 {
				advice = "a lower Options.MaxEntries or smaller weights make a shorter one"
			}
			return 0, fmt.Errorf("entry %d of %d makes the list longer than %d bytes; %s", i, len(entries), maxBytes, advice)
		}
		left -= size * weights[i]
	}
	return maxBytes - listFraming - left, nil
}

// equal reports whether a client could not tell the two apart. A nil answer,
// which is none, equals only itself.
func (a *answer) equal(o *answer) bool {
	return a == o || a != nil && o != nil && a.digest == o.digest
}
