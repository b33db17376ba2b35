package lbresolver

// A message comes from a look-up. At most one look-up of each kind runs, which bounds the queue.
// ResolveNow is not a message, because gRPC may call it without bound; see handle.
type message interface{ isMessage() }

type (
	// heard: some balancers are known, the look-up for the others goes on.
	heard struct{ answer answer }
	// ended: the look-up for balancers has ended.
	ended struct{ answer answer }
	// addressed: the look-up for the service's own addresses has ended.
	addressed struct{ answer answer }
	// configured: the look-up for a service config has ended. nil: there is none.
	configured struct {
		config *serviceConfig
		err    error
	}
)

func (heard) isMessage()      {}
func (ended) isMessage()      {}
func (addressed) isMessage()  {}
func (configured) isMessage() {}
