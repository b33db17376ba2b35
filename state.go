package grpclb

import (
	"encoding/json"
	"time"
)

// A State is what Describe returns: the policy of a channel as its actors see it. Each part
// is the answer of one actor. They were asked one after the other within moments of At, so
// two parts may differ by what happened in between. Nobody changes a State after it was
// returned.
//
// Times are points in time, and zero times are left out of the JSON. How long something has
// lasted is At less the time when it began. Counts are since the policy was built, which
// happens when a channel leaves idleness for the first time and each time after that.
type State struct {
	At       time.Time `json:"at"`
	Target   string    `json:"target"`             // what the user dialled
	Channelz int64     `json:"channelz,omitempty"` // the channel's number in channelz; 0: not known

	Mode        ModeState         `json:"mode"`
	Stream      StreamState       `json:"stream"`
	List        *ListState        `json:"list,omitempty"` // nil before the first list with entries
	Generations []GenerationState `json:"generations"`    // in the order in which they were made
	Backends    []BackendState    `json:"backends"`       // in the order of their addresses
	Pending     PendingState      `json:"pending"`
	LastReport  *ReportState      `json:"lastReport,omitempty"` // nil before the first
	Config      ConfigState       `json:"config"`
}

// A ModeState says where the backends come from.
type ModeState struct {
	Name   string    `json:"name"`   // "waiting", "balanced" or "fallback"
	Since  time.Time `json:"since"`  // when that began
	Reason string    `json:"reason"` // why it is so
	// Fallback is the fallback addresses that the resolver names now.
	Fallback []string `json:"fallback,omitempty"`
}

// A StreamState is about the calls to the balancer.
type StreamState struct {
	// Phase is "idle" (the resolver names no balancer), "opening", "open" or "waiting" (for
	// the next attempt).
	Phase   string `json:"phase"`
	Contact bool   `json:"contact"` // the balancer has sent a list on it, and is not lost since
	Asked   bool   `json:"asked"`   // the balancer has asked for fallback, and has sent no list since

	Number  uint64    `json:"number"`           // of the latest stream, from 1; so many were begun
	Ended   uint64    `json:"ended"`            // of these, how many ended, other than by this side
	Service string    `json:"service"`          // what the balancer is asked for
	Address string    `json:"address"`          // of the balancer, while the stream is open
	Name    string    `json:"name"`             // the one that its certificate is checked for, if the resolver gave one
	Opened  time.Time `json:"opened,omitzero"`  // of the present stream
	LastEnd *EndState `json:"lastEnd,omitzero"` // nil if none has ended
	Next    time.Time `json:"next,omitzero"`    // when the next one is opened, if that is waited for

	Balancers []string `json:"balancers"` // that the resolver names

	Messages uint64 `json:"messages"` // received from balancers
	Bytes    uint64 `json:"bytes"`    // of these messages, without headers and compression
	Lists    uint64 `json:"lists"`    // of these, how many were server lists
}

// An EndState is the end of a stream that this side did not end.
type EndState struct {
	At      time.Time `json:"at"`
	Address string    `json:"address"` // of the balancer; empty if the stream was never open
	Error   string    `json:"error"`
}

// A ListState is the latest server list that has entries.
type ListState struct {
	Number    uint64    `json:"number"`    // of the lists that came
	Stream    uint64    `json:"stream"`    // that it came on
	At        time.Time `json:"at"`        // when it came
	InUse     bool      `json:"inUse"`     // calls are meant to go by it
	Empty     bool      `json:"empty"`     // an empty list came after it
	Drops     int       `json:"drops"`     // of the entries
	DropShare float64   `json:"dropShare"` // of the calls; the same as a part of 1

	Entries []EntryState `json:"entries"` // in the balancer's order

	Skipped      []FaultState `json:"skipped,omitempty"`      // the first few entries that could not be used
	SkippedCount int          `json:"skippedCount,omitempty"` // how many there were
	Faulty       []FaultState `json:"faulty,omitempty"`       // the first few tokens that are out of specification
	FaultyCount  int          `json:"faultyCount,omitempty"`  // how many there were
}

// An EntryState is one entry of a list. Each has the same number of turns.
type EntryState struct {
	Address string `json:"address,omitempty"` // empty for a drop
	Token   string `json:"token"`
	Drop    bool   `json:"drop,omitempty"`
}

// A FaultState is what is wrong with an entry of a list.
type FaultState struct {
	Index  int    `json:"index"` // in the list as sent, from 0
	Reason string `json:"reason"`
}

// A GenerationState is a set of backends with which the policy serves calls, or did or
// will. There is a new one for each list that differs, and for each change of mode.
type GenerationState struct {
	Number uint64 `json:"number"` // from 1
	// Role is "current" (serves calls), "incoming" (connects, and will replace the current
	// one) or "draining" (was replaced, and waits for its calls in flight).
	Role     string    `json:"role"`
	Since    time.Time `json:"since"`            // when it was made
	Of       string    `json:"of"`               // "list" or "fallback"
	Stream   uint64    `json:"stream,omitempty"` // that its list came on; 0 if it is draining
	Child    string    `json:"child,omitempty"`  // the policy that picks; empty: the module's own rotation
	Places   int       `json:"places"`           // in the rotation; an address may have several
	Backends int       `json:"backends"`         // connections that it uses; 0 if it is draining
	Ready    int       `json:"ready"`            // of these, how many are READY; 0 if it is draining
	Started  int64     `json:"started"`          // calls
	Finished int64     `json:"finished"`         // of these, how many are over
	InFlight int64     `json:"inFlight"`         // of these, how many are not over
}

// A BackendState is a connection to a backend. A backend that a list and the resolver name
// has one for each.
type BackendState struct {
	Address string    `json:"address"`
	Of      string    `json:"of"`             // "list" or "fallback": who named it
	State   string    `json:"state"`          // of the connection, as gRPC calls it: "READY"
	Since   time.Time `json:"since,omitzero"` // when that began; zero if it never connected
	Error   string    `json:"error,omitempty"`
	// Generations are the numbers of the current and the incoming one, if they use it.
	Generations []uint64 `json:"generations,omitempty"`
	// Draining is how many retired generations have calls in flight and may have some here.
	Draining  int       `json:"draining,omitempty"`
	Lingering time.Time `json:"lingering,omitzero"` // nobody uses it; until when it is kept
	Tokens    []string  `json:"tokens,omitempty"`   // of its entries in the list
	Share     float64   `json:"share,omitempty"`    // of the list's entries, drops included, as a part of 1
	// Finished is how many calls are over that went to this address by generations which are
	// not draining. Calls in flight are counted by generation and not by backend.
	Finished int64 `json:"finished"`
}

// A PendingState is about calls that wait because no backend is known or READY.
type PendingState struct {
	Depth     int       `json:"depth"`           // calls that wait now
	Oldest    time.Time `json:"oldest,omitzero"` // when the first of them came
	Parked    uint64    `json:"parked"`          // calls that had to wait
	Released  uint64    `json:"released"`        // of these, how many got a backend
	Cancelled uint64    `json:"cancelled"`       // of these, how many ended before that
	Refused   uint64    `json:"refused"`         // calls that failed because maxPendingPicks waited
}

// A ReportState is the load report that was sent last.
type ReportState struct {
	At            time.Time `json:"at"`
	Stream        uint64    `json:"stream"` // that it was sent on
	Started       int64     `json:"started"`
	Finished      int64     `json:"finished"`
	FailedToSend  int64     `json:"failedToSend"`
	KnownReceived int64     `json:"knownReceived"`

	Dropped []DropState `json:"dropped,omitempty"`
}

// A DropState is how many calls were dropped under a token.
type DropState struct {
	Token string `json:"token"`
	Calls int64  `json:"calls"`
}

// A ConfigState is the configuration in force.
type ConfigState struct {
	// Values is the configuration as JSON, in the form that a service config has.
	Values json.RawMessage `json:"values"`
	// Origins says for each field that is not as in DefaultConfig where the value comes from:
	// "builder" (WithDefaults) or "service config".
	Origins map[string]string `json:"origins,omitempty"`
	// Unknown are the fields of the service config that are ignored, in words; or empty.
	Unknown string `json:"unknown,omitempty"`
}
