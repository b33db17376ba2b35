package store

import "github.com/actorlb/grpclb/grpclbd/internal/override"

// action is something that the core wants done. The loop does it at once, in order.
type action interface{ isAction() }

// tellOverrides: the owner hears all overrides.
type tellOverrides struct{ all []override.Override }

// tellReplicas: the owner hears all replicas.
type tellReplicas struct{ all []Replica }

// tellState: the owner hears whether the store can be reached.
type tellState struct{ state State }

// run: the worker gets a job.
type run struct{ job job }

// readAgain: the reader reads everything anew.
type readAgain struct{ why error }

// ignored: a line in the log about a value that nobody can use.
type ignored struct {
	key string
	err error
}

// unwritten: a line in the log about totals of this replica that are not written.
type unwritten struct{ err error }

// sameName: a line in the log about another process with the name of this replica.
type sameName struct{ name string }

// freed: a line in the log about the room that was made in etcd; err: it was not.
type freed struct{ err error }

// lost and found: a line in the log about etcd.
type (
	lost struct {
		why  string
		read bool // something was read before
	}
	found struct{}
)

func (tellOverrides) isAction() {}
func (tellReplicas) isAction()  {}
func (tellState) isAction()     {}
func (run) isAction()           {}
func (readAgain) isAction()     {}
func (ignored) isAction()       {}
func (unwritten) isAction()     {}
func (sameName) isAction()      {}
func (freed) isAction()         {}
func (lost) isAction()          {}
func (found) isAction()         {}
