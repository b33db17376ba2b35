package hosted

import (
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/internal/diary"
)

// A Message is a message to the group about a child. The group passes it on to
// [Children.Hear].
type Message interface{ message() }

// child → group, through its facade and its connections

// Makes asks for a connection. The child waits for the answer; see [Answer].
type Makes struct{ Conn *Conn }

// Connects says that the child wants a connection connected.
type Connects struct{ Conn *Conn }

// Shuts says that the child does not need a connection any more.
type Shuts struct{ Conn *Conn }

// listens says that the child has registered a listener for a connection's health; nil: that
// it has removed it.
type listens struct {
	conn     *Conn
	listener *healthListener
}

// Says is a state that the child has published.
type Says struct {
	Instance *Instance
	State    *balancer.State
}

// minder → group

// Settled says that the child has carried out the orders up to this number. The messages that
// the child sent meanwhile were sent before this one.
type Settled struct {
	Instance *Instance
	Order    uint64
}

// child, minder → group

// remarks is something about a child to be logged. The group has the diary, so a child that
// does the same again and again does not fill the log.
type remarks struct{ remark diary.Remark }

// misused says that the child calls UpdateAddresses.
func misused(by *Instance) remarks {
	return remarks{diary.Warningf(aboutAddresses, "the child policy %s calls UpdateAddresses, which is ignored", by.name)}
}

// refusing says that the child returned an error for an update.
func refusing(by *Instance, err error) remarks {
	return remarks{diary.Warningf(aboutUpdates, "the child policy %s refuses an update: %v", by.name, err)}
}

// gRPC → group

// healthReported is a report by gRPC about the health of a SubConn.
type healthReported struct {
	watch *watch
	state balancer.SubConnState
}

func (Makes) message()          {}
func (Connects) message()       {}
func (Shuts) message()          {}
func (listens) message()        {}
func (Says) message()           {}
func (Settled) message()        {}
func (healthReported) message() {}
func (remarks) message()        {}

// Refuse is for messages that a group has left when it stops. If somebody waits for the answer
// to m, that answer is an error.
func Refuse(m Message) {
	if m, ok := m.(Makes); ok {
		m.Conn.answer <- errClosed
	}
}
