package actor

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// A Group starts loops, tells them to stop, and waits until they have.
//
// It does not recover panics: an actor that meets an impossible state ends the
// process, and the stack trace shows where.
type Group struct {
	ctx    context.Context
	cancel context.CancelFunc
	loops  *errgroup.Group
}

// NewGroup returns a group without loops.
func NewGroup() *Group {
	ctx, cancel := context.WithCancel(context.Background())
	return &Group{ctx: ctx, cancel: cancel, loops: new(errgroup.Group)}
}

// Go runs loop in a goroutine of its own. The context is done when the group
// is told to stop; the loop must then return. A running loop may call Go too,
// even while Stop waits. Others may call Go only before Stop: a loop that they
// start later gets a context that is done, and Stop may return before it ends.
func (g *Group) Go(loop func(context.Context)) {
	g.loops.Go(func() error {
		loop(g.ctx)
		return nil
	})
}

// Stop tells every loop to stop and returns when all have. It may be called
// more than once and from several goroutines: each call returns when the
// loops have ended. A loop that calls it on its own group waits for itself.
func (g *Group) Stop() {
	g.cancel()
	_ = g.loops.Wait() // loops return no errors
}
