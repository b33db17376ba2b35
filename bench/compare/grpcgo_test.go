//go:build grpcgo

package main

import (
	"google.golang.org/grpc/balancer"
	_ "google.golang.org/grpc/balancer/grpclb"
)

// who is whose policy it is, by the package that has it.
const who = "google.golang.org/grpc/balancer/grpclb"

func builder() balancer.Builder { return balancer.Get("grpclb") }
