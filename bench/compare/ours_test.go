//go:build !grpcgo

package main

import (
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb"
)

// who is whose policy it is, by the package that has it.
const who = "github.com/actorlb/grpclb"

func builder() balancer.Builder { return grpclb.NewBuilder() }
