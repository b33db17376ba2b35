package main

import "fmt"

// How many servers there are.
const (
	backendCount  = 8
	fallbackCount = 2
	balancerCount = 3
	serverCount   = backendCount + fallbackCount + balancerCount
)

// nameOf names the server of a number: backends come first, then fallback
// servers, then balancers.
func nameOf(i int) string {
	switch {
	case i < backendCount:
		return fmt.Sprintf("backend %d", i+1)
	case i < backendCount+fallbackCount:
		return fmt.Sprintf("fallback %d", i-backendCount+1)
	default:
		return fmt.Sprintf("balancer %d", i-backendCount-fallbackCount+1)
	}
}

// firstFallback and firstBalancer are numbers of servers.
const (
	firstFallback = backendCount
	firstBalancer = backendCount + fallbackCount
)

func isBalancer(i int) bool { return i >= firstBalancer }

func allBackends() []int {
	all := make([]int, backendCount)
	for i := range all {
		all[i] = i
	}
	return all
}
