package rrgroup

import "google.golang.org/grpc/balancer"

// A deed is a kind of action.
type deed uint8

const (
	makeSubConn deed = iota // have gRPC make conn
	connect                 // have conn connect
	shutDown                // shut conn down
	publish                 // give state to gRPC
	released                // tell the pending calls up to epoch that they can be picked
	retire                  // let generation end
	updateChild             // give the host's child the plan of generation
	wakeChild               // have it leave its idle state
	nudgeChild              // ask its picker, which may have it connect
	tellChild               // report to child, one of its connections
	closeChild              // end it
)

// An action is what the core wants done. The loop does them in order.
type action struct {
	do         deed
	conn       *subConn
	generation *generation
	state      balancer.State
	epoch      uint64
	host       *host
	child      *childConn
	report     balancer.SubConnState
}
