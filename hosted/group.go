package hosted

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/diary"
)

// A Group is what the children need from their group. Only the group's goroutine, which owns
// the [Children], calls these methods.
type Group interface {
	// Find returns the pool's SubConn for an address, and has gRPC make one if there is
	// none. gRPC may refuse, see SubConn.Real. listed: a server list names the address,
	// not the resolver. checked: gRPC checks its health.
	Find(a resolver.Address, listed, checked bool) SubConn

	// Connect has an idle SubConn connect.
	Connect(SubConn)

	// LetGo says that a child or a term does not need a SubConn any more. The group checks
	// later whether others need it, after it has published its next picker.
	LetGo(SubConn)

	// Do has a task carried out, after the actions that the group has planned before.
	Do(Task)

	// Remark has a remark logged. Its topic is less than Topics.
	Remark(diary.Remark)
}

// What the remarks are about.
const (
	aboutUpdates   diary.Topic = iota // a child refuses an update
	aboutAddresses                    // a child calls UpdateAddresses
	Topics
)

// A SubConn is a SubConn of the group's pool. Only the group's goroutine calls its methods.
type SubConn interface {
	Real() balancer.SubConn // gRPC's; nil if gRPC has made none
	State() connectivity.State
	Err() error // why the last attempt to connect failed
	Users() *Users
}

// Entries are the entries of a generation. Only the group's goroutine calls Entry, and only
// while the generation is not retired.
type Entries interface {
	Entry(place int) Entry
}

// An Entry counts the calls for one place of a list. Any goroutine may call Pick, also after
// the generation is retired.
type Entry interface {
	// Pick counts a call, and returns its token and Done. If the generation is retired, it
	// returns ErrNoSubConnAvailable and counts nothing.
	Pick() (balancer.PickResult, error)
}

// An Inbox is the group's inbox for its children. Send returns false if the group has
// stopped.
type Inbox interface{ Send(Message) bool }

// A Task is something to do for a child. A [Shell] does it.
type Task interface{ task() }

// Start starts the minder of a new instance.
type Start struct{ Instance *Instance }

// Tell sends an order to the minder.
type Tell struct {
	Instance *Instance
	Order    Order
}

// Answer tells a child whether it gets the connection that it asked for.
type Answer struct{ Conn *Conn }

func (Start) task()  {}
func (Tell) task()   {}
func (Answer) task() {}
