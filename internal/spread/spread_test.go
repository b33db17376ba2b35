package spread

import (
	"testing"

	"go.uber.org/goleak"
	_ "google.golang.org/grpc/balancer/grpclb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The same with grpc-go's own policy as with this module's, which package lbserver
// tests.
func TestServer_Age_GrpcGoClients(t *testing.T)    { Play(t) }
func TestServer_Review_GrpcGoClients(t *testing.T) { PlayReview(t) }
