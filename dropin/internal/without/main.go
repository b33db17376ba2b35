// Without imports both policies, and nothing that chooses between them.
package main

import _ "github.com/actorlb/grpclb"

import _ "google.golang.org/grpc/balancer/grpclb"

import "github.com/actorlb/grpclb/dropin/internal/tell"

func main() { tell.Main() }
