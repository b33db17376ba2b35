//go:build race

package main

// callsShare is how many of the calls that a run is to make are made with the
// race detector, in hundredths: it makes everything some ten times slower.
const callsShare = 10
