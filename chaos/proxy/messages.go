package proxy

import "net"

// A message is what the owner can be told. What can be queued is bounded: the
// methods wait for their answers, and each link has four messages in its life.
type message interface{ isMessage() }

// asked: a method was called. From the handle, which waits for the reply: the
// number of connections. There is room for it.
type asked struct {
	request request
	reply   chan<- int
}

// arrived: a client has connected. From the listening goroutine. If it is not
// seen, the connection is the sender's to abort, as with joined.
type arrived struct{ client *net.TCPConn }

// joined: the link's server was dialled; nil if it can't be reached. From the
// link's dialling goroutine.
type joined struct {
	link   *link
	server *net.TCPConn
}

// dried: a pump has ended, because its source ended in good order or with an
// error, or because the link is dead. From that pump, as its last word.
type dried struct {
	link       *link
	fromClient bool
	broken     bool // not in good order
}

func (asked) isMessage()   {}
func (arrived) isMessage() {}
func (joined) isMessage()  {}
func (dried) isMessage()   {}

// A request is what a method of the handle wants.
type request interface{ isRequest() }

type forward struct{ target string }
type set struct{ weather Weather }
type cut struct{}
type count struct{}

func (forward) isRequest() {}
func (set) isRequest()     {}
func (cut) isRequest()     {}
func (count) isRequest()   {}
