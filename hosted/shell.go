package hosted

import (
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/actor"
)

// A Shell carries out tasks. Its fields do not change.
type Shell struct {
	Channel balancer.ClientConn
	Build   balancer.BuildOptions
	Actors  *actor.Group // where the minders run
	Inbox   Inbox        // children, minders → group
}

// Perform carries out a task. The group's goroutine calls it.
func (s *Shell) Perform(core *Children, t Task) {
	switch t := t.(type) {
	case Start:
		m := newMinder(s, t.Instance)
		s.Actors.Go(m.run)
	case Tell:
		t.Instance.orders.Send(t.Order)
	case Answer:
		t.Conn.answer <- core.Answer(t.Conn)
	default:
		panic("BUG: unknown task for a child policy")
	}
}
