package pending

import "time"

// Stats says how a queue stands.
type Stats struct {
	Depth  int           // calls that wait now
	Oldest time.Duration // how long the first of them has waited; zero without one

	// Calls since the queue was started. Each that was let in counts once in
	// Parked and, when it leaves, in one of the next two: Parked is always
	// Released + Cancelled + Depth.
	Parked    uint64 // let in, however often gRPC asked for them
	Released  uint64 // left because there was a usable picker
	Cancelled uint64 // left because their contexts were done
	Refused   uint64 // not let in: the limit was reached
}
