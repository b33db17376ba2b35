package lbresolver

// A message is what the resolver's loop can be told, all by look-ups. What can be
// queued is bounded: there is one look-up of a kind at a time. That gRPC asks to
// resolve again is not a message, because it asks as often as it likes; see handle.
type message interface{ isMessage() }

type (
	// heard: a look-up for balancers goes on, because some are late.
	heard struct{ answer answer }
	// ended: the look-up for balancers has ended.
	ended struct{ answer answer }
	// addressed: the look-up for the service's own addresses has ended.
	addressed struct{ answer answer }
	// configured: the look-up for a service config has ended. nil is none.
	configured struct {
		config *serviceConfig
		err    error
	}
)

func (heard) isMessage()      {}
func (ended) isMessage()      {}
func (addressed) isMessage()  {}
func (configured) isMessage() {}
