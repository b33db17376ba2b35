package lbserver_test

import (
	"testing"

	"github.com/actorlb/grpclb/internal/spread"
)

// Clients spread over balancers that were added, and lose nothing. Package spread
// has the same with grpc-go's own policy.
func TestServer_Age_Clients(t *testing.T) { spread.Play(t) }
