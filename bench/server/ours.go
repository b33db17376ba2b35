package main

import (
	"fmt"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/lbserver"
)

// ours is lbserver.
type ours struct{ lb *lbserver.Balancer }

func newOurs(s *grpc.Server) publisher {
	lb := lbserver.New(lbserver.Options{})
	lb.Register(s)
	return ours{lb}
}

func (o ours) set(_ int, list []endpoint) error {
	servers := make([]lbserver.Server, len(list))
	for i, e := range list {
		servers[i] = lbserver.Server{Address: fmt.Sprintf("%s:%d", e.host, e.port), Token: e.token}
	}
	return o.lb.SetServers(fleet, servers)
}

func (o ours) close() { o.lb.Close() }
