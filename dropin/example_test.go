package dropin_test

import (
	"fmt"

	"google.golang.org/grpc/balancer"
	_ "google.golang.org/grpc/balancer/grpclb" // as a dependency of the program may have it

	_ "github.com/actorlb/grpclb/dropin"
)

// Which policy has the name can be asked of gRPC's registry.
func Example() {
	fmt.Printf("%T", balancer.Get("grpclb"))
	// Output: *grpclb.Builder
}
