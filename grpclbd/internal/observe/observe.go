// Package observe watches backends: whether they are healthy, and how loaded they are. Each
// backend has an actor of its own and one connection, which both use.
package observe

import "time"

// An Owner hears what was observed. The methods only post messages.
type Owner interface {
	// HealthSaid: the health of these backends has changed, or is known now.
	HealthSaid(changes []Health)
	// LoadSaid: what these backends reported about their load since the last interval.
	LoadSaid(loads []Load)
}

// A Health is whether a backend may be used.
type Health struct {
	Address string
	Healthy bool
	Ever    bool      // it has been healthy once since it was first observed
	Since   time.Time // of this state
	Why     string    // of an unhealthy backend: the last bad answer, in words
}

// A Load is what a backend's load says about how many calls it can take.
type Load struct {
	Address string
	Weight  float64 // by the formula of gRFC A58; 0: no data, or none that is recent enough
	At      time.Time
	// What it was computed from, for whoever looks.
	QPS, EPS, Utilization float64
}
