// First imports dropin before grpc-go's policy.
package main

import _ "github.com/actorlb/grpclb/dropin"

import _ "google.golang.org/grpc/balancer/grpclb"

import "github.com/actorlb/grpclb/dropin/internal/tell"

func main() { tell.Main() }
