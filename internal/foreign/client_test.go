//go:build foreign

package foreign

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"
)

// A client makes channels with the grpclb policy of one implementation.
type client interface {
	// open makes a channel to target, which trusts the certificates of root, in
	// PEM. Without root it is in plain text. The test's end closes it.
	open(t testing.TB, target, root string) channel
	traits() traits
}

// Traits are what clients do differently.
type traits struct {
	tokenPerAddress bool // one token for each address, however many entries it has
	failsOnEmpty    bool // an empty list has fail-fast calls fail
	deafToSameList  bool // a list equal to the last one is ignored on a new stream, and not reported on
}

// A channel makes calls of grpc.testing.TestService/UnaryCall. It is for one
// goroutine.
type channel interface {
	// calls makes n calls, one after the other.
	calls(n int, how how) []answer
	// begin makes calls, one after the other, until end returns what they came to.
	begin(how how)
	end() []answer
}

// How is how a call is made.
type how struct {
	wait    bool // wait-for-ready
	timeout time.Duration
}

var (
	failFast = how{timeout: 10 * time.Second}
	waiting  = how{wait: true, timeout: 10 * time.Second}
)

// An answer is what a call came to. Without a code, a backend has answered.
type answer struct {
	backend int
	token   string
	code    codes.Code
	detail  string
}

func (a answer) String() string {
	if a.code != codes.OK {
		return fmt.Sprintf("%v (%s)", a.code, a.detail)
	}
	return fmt.Sprintf("%d/%s", a.backend, a.token)
}

// read takes apart what a backend of lbtest answers.
func read(t testing.TB, message []byte) (a answer) {
	var response testpb.SimpleResponse
	if err := proto.Unmarshal(message, &response); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(response.GetPayload().GetBody()), "%d %s", &a.backend, &a.token); err != nil {
		a.token = "" // an empty one
	}
	return a
}
