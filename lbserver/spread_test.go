package lbserver_test

import (
	"testing"

	"github.com/actorlb/grpclb/internal/spread"
)

// Clients spread over balancers that were added, and lose nothing. Package spread
// has the same with grpc-go's own policy.
func TestServer_Age_Clients(t *testing.T) { spread.Play(t) }

// Clients whose class changes get the list of the new one on the stream that they have.
func TestServer_Review_Clients(t *testing.T) { spread.PlayReview(t) }
