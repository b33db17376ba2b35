//go:build grpcgo

package main

import (
	_ "google.golang.org/grpc/balancer/grpclb"
)

// What is expected of it.
const (
	wantPolicy    = "google.golang.org/grpc/balancer/grpclb"
	wantMeanwhile = "calls wait for it" // while the backend of a new list starts
)
