//go:build !grpcgo

package main

import (
	_ "github.com/actorlb/grpclb/dropin"
)

// What is expected of it.
const (
	wantPolicy    = "github.com/actorlb/grpclb"
	wantMeanwhile = "calls go on by the last list" // while the backend of a new list starts
)
