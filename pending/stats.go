package pending

import "time"

// Stats are the counts of a queue at one moment.
type Stats struct {
	Depth  int           // calls that wait now
	Oldest time.Duration // how long the first of these has waited; zero if none waits

	// Calls since the start of the queue. Parked is always Released + Cancelled + Depth.
	Parked    uint64 // calls that were let in; each counts once, however often gRPC picks for it
	Released  uint64 // calls that left because there was a usable picker
	Cancelled uint64 // calls that left because their context was done
	Refused   uint64 // calls that were not let in because the limit was reached
}
