package grpclb

import (
	"encoding/json"
	"time"
)

// A State is what Describe returns: the policy of a channel as its actors see it. Each part
// is the answer of one actor. They are asked one after the other, shortly before At, so two
// parts may differ by what happened in between. A State does not change after Describe has
// returned it.
//
// Times are points in time; zero times are left out of the JSON. To know how long something
// has lasted, subtract the time of its beginning from At. Counts start from 0 when the policy
// is built, which happens each time that the channel leaves idleness.
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

// A StreamState is about the streams: the policy's calls to a balancer, one at a time.
// Number, Ended, Messages, Bytes and Lists count over all of them.
type StreamState struct {
	// Phase is "idle" (the resolver names no balancer), "opening", "open" or "waiting" (for
	// the next attempt).
	Phase   string `json:"phase"`
	Contact bool   `json:"contact"` // a list has come, and contact was not lost since
	Asked   bool   `json:"asked"`   // the balancer has asked for fallback, and has sent no list since

	Number  uint64    `json:"number"`           // of the latest stream: how many were begun; 0: none
	Ended   uint64    `json:"ended"`            // of these, how many ended, not counting those that this side ended
	Service string    `json:"service"`          // what the balancer is asked for
	Address string    `json:"address"`          // of the balancer, while the stream is open
	Name    string    `json:"name"`             // for which the balancer's certificate is checked, if the resolver gave one
	Opened  time.Time `json:"opened,omitzero"`  // of the present stream
	LastEnd *EndState `json:"lastEnd,omitzero"` // nil if none has ended
	Next    time.Time `json:"next,omitzero"`    // when the next stream is begun, if Phase is "waiting"

	Balancers []string `json:"balancers"` // addresses that the resolver names

	Messages uint64 `json:"messages"` // received from balancers
	Bytes    uint64 `json:"bytes"`    // of these messages, uncompressed and without headers
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
	Number    uint64    `json:"number"`    // its place among all lists that came, from 1
	Stream    uint64    `json:"stream"`    // the number of the stream that it came on
	At        time.Time `json:"at"`        // when it came
	InUse     bool      `json:"inUse"`     // the policy uses it, or will when a backend of it is READY
	Empty     bool      `json:"empty"`     // an empty list came after it
	Drops     int       `json:"drops"`     // how many entries are drops
	DropShare float64   `json:"dropShare"` // the part of the calls that are dropped, from 0 to 1

	Entries []EntryState `json:"entries"` // in the balancer's order

	Skipped      []FaultState `json:"skipped,omitempty"`      // entries that could not be used: the first 16
	SkippedCount int          `json:"skippedCount,omitempty"` // how many there were
	Faulty       []FaultState `json:"faulty,omitempty"`       // tokens that are out of specification: the first 16
	FaultyCount  int          `json:"faultyCount,omitempty"`  // how many there were
}

// An EntryState is one entry of a list. Each entry gets equally many calls; an address with
// more entries gets more.
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

// A GenerationState is a set of backends with which the policy serves calls now, will serve
// them, or served them before. There is a new one for each list that differs, and for each
// change of mode.
type GenerationState struct {
	Number uint64 `json:"number"` // from 1
	// Role is "current" (serves calls), "incoming" (connects, and will replace the current
	// one) or "draining" (was replaced, and waits for its calls in flight).
	Role     string    `json:"role"`
	Since    time.Time `json:"since"`            // when it was made
	Of       string    `json:"of"`               // "list" or "fallback"
	Stream   uint64    `json:"stream,omitempty"` // the number of the stream that its list came on; 0 if it is draining
	Child    string    `json:"child,omitempty"`  // the policy that picks; empty: the module's own rotation
	Places   int       `json:"places"`           // in the rotation; an address may have several
	Backends int       `json:"backends"`         // connections that it uses; 0 if it is draining
	Ready    int       `json:"ready"`            // of these, how many are READY; 0 if it is draining
	Started  int64     `json:"started"`          // calls
	Finished int64     `json:"finished"`         // of these, how many are over
	InFlight int64     `json:"inFlight"`         // of these, how many are not over
}

// A BackendState is a connection to a backend. If both a list and the resolver name an
// address, it has two: one for calls by the list and one for fallback.
type BackendState struct {
	Address string    `json:"address"`
	Of      string    `json:"of"`             // "list" or "fallback": who named it
	State   string    `json:"state"`          // of the connection: "READY", "CONNECTING", "IDLE" or "TRANSIENT_FAILURE"
	Since   time.Time `json:"since,omitzero"` // when that began; zero if gRPC has not reported a state yet
	Error   string    `json:"error,omitempty"`
	// Generations are the numbers of the current and the incoming generation, as far as they
	// use this connection.
	Generations []uint64 `json:"generations,omitempty"`
	// Draining is how many generations that were replaced still have calls in flight and may
	// have some on this connection.
	Draining  int       `json:"draining,omitempty"`
	Lingering time.Time `json:"lingering,omitzero"` // no generation uses it, and it is kept until then (see subConnLinger)
	Tokens    []string  `json:"tokens,omitempty"`   // of its entries in the list
	Share     float64   `json:"share,omitempty"`    // its part of the list's entries, drops included, from 0 to 1
	// Finished is how many calls to this address are over. Calls of draining generations are
	// not counted. Calls in flight are counted by generation and not by backend.
	Finished int64 `json:"finished"`
}

// A PendingState is about calls that wait because no backend is known or READY.
type PendingState struct {
	Depth     int       `json:"depth"`           // calls that wait now
	Oldest    time.Time `json:"oldest,omitzero"` // when the one that waits longest came; zero if none waits
	Parked    uint64    `json:"parked"`          // how many calls have had to wait
	Released  uint64    `json:"released"`        // of these, how many got a backend
	Cancelled uint64    `json:"cancelled"`       // of these, how many ended before that
	Refused   uint64    `json:"refused"`         // calls that failed because maxPendingPicks calls waited
}

// A ReportState is the load report that was sent last. Its counts are of the time since the
// report before it, and have the names that they have in the protocol.
type ReportState struct {
	At            time.Time `json:"at"`
	Stream        uint64    `json:"stream"` // the number of the stream that it was sent on
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
	// Unknown names the fields of the service config that are ignored, as a text; empty if
	// there are none.
	Unknown string `json:"unknown,omitempty"`
}
