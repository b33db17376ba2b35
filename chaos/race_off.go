//go:build !race

package main

// callsShare is how many of the calls that a run is to make are made, in
// hundredths.
const callsShare = 100
