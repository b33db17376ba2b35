package hosted

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/diary"
)

// A Group is what the children need of their group. Its goroutine owns the
// [Children], and is the only one that calls these methods.
type Group interface {
	// Find returns the SubConn of the pool for an address. It is made if there is
	// none. gRPC may refuse to make it, see SubConn.Real.
	Find(a resolver.Address, listed, checked bool) SubConn

	// Connect has an idle SubConn connect.
	Connect(SubConn)

	// LetGo says that a child or a term does not need a SubConn any more. Others
	// may: the group looks whether it is free, after it has published the picker that
	// it is building.
	LetGo(SubConn)

	// Do has a task carried out, after everything that the group wanted done before.
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

// A SubConn is one of the group's pool. Its methods are called by the group's
// goroutine only.
type SubConn interface {
	Real() balancer.SubConn // gRPC's; nil if gRPC has made none
	State() connectivity.State
	Err() error // why the last attempt to connect failed
	Users() *Users
}

// Entries are those of a generation. The group's goroutine asks for them while the
// generation is not retired.
type Entries interface {
	Entry(place int) Entry
}

// An Entry counts the calls for one place of a list. Its method may be called by
// anybody, also after the generation is retired.
type Entry interface {
	// Pick counts a call and returns what a pick of the entry returns. It returns
	// ErrNoSubConnAvailable if the generation is retired.
	Pick() (balancer.PickResult, error)
}

// An Inbox is where the group hears from its children. Send reports false if the
// group has stopped.
type Inbox interface{ Send(Message) bool }

// A Task is what the core wants done for a child. A [Shell] does it.
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
