// Ours imports this project's policy alone.
package main

import _ "github.com/actorlb/grpclb"

import "github.com/actorlb/grpclb/dropin/internal/tell"

func main() { tell.Main() }
