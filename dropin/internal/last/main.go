// Last imports dropin after grpc-go's policy.
package main

import _ "google.golang.org/grpc/balancer/grpclb"

import "github.com/actorlb/grpclb/dropin/internal/tell"

import _ "github.com/actorlb/grpclb/dropin"

func main() { tell.Main() }
