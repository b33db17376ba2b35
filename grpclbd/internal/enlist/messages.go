package enlist

import "github.com/actorlb/grpclb/grpclbd/register"

// A message comes from a goroutine that Run has started. At most one of each kind runs, except that all
// may come once.
type message interface{ isMessage() }

type (
	// exited: the command has ended.
	exited struct{ code int }
	// checked: a health check has ended. nil: the server is healthy.
	checked struct{ err error }
	// entered: the server was registered, or that has failed.
	entered struct {
		registration *register.Registration
		err          error
	}
	// left: the server was withdrawn. An error means that its registration ends with its lease.
	left struct{ err error }
)

func (exited) isMessage()  {}
func (checked) isMessage() {}
func (entered) isMessage() {}
func (left) isMessage()    {}
