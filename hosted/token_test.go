package hosted

import (
	"testing"

	"google.golang.org/grpc/resolver"
)

// For a policy that compares addresses, an address with another token is another address,
// and with the same token the same.
func TestTokenOf_AddressesAreCompared(t *testing.T) {
	tokens := liveTokens{}
	one := tokens.state(list("a", "1")).Addresses[0]
	again := tokens.state(list("a", "1", "b", "1")).Addresses[0]
	two := tokens.state(list("a", "2")).Addresses[0]
	want(t, "equal to one with the same token", one.Equal(again), true)
	want(t, "equal to one with another token", one.Equal(two), false)
	for _, a := range []resolver.Address{one, again, two} {
		token, ok := TokenOf(a)
		want(t, "token", token, "2")
		want(t, "has a token", ok, true)
	}
	_, ok := TokenOf(bare(two))
	want(t, "has a token when bare", ok, false)
}
