package lbserver

// next waits for the next answer of a call and returns it, or false if the call is over.
// Meanwhile it asks the hooks about the client again whenever there is a review. Hooks may
// panic, so those who call it guard that.
func (b *Balancer) next(c *call) (delivery, bool) {
	for {
		select {
		case d := <-c.answers.Ready():
			switch {
			case d.round < c.round: // for the place that the client had before; another one follows
			case d.none:
				// The user may still set one.
				b.opts.OnUnknown(c.client)
				b.ask(c, true)
			default:
				return d, true
			}
		case c.round = <-c.again.Ready():
			if err := b.replace(c); err != nil {
				c.end(err)
				return delivery{}, false
			}
		case <-c.stop:
			return delivery{}, false
		}
	}
}

// ask asks the loop for the answer of the client. again: the user was told that there is none.
func (b *Balancer) ask(c *call, again bool) {
	b.inbox.asked(c, c.client, c.round, again || b.opts.OnUnknown == nil)
}

// replace asks the hooks about the client again and then the loop for its answer. The error is
// how its call ends.
func (b *Balancer) replace(c *call) error {
	before := c.client
	client, err := b.place(c.stream.Context(), before)
	if err != nil {
		return err
	}
	if c.client = client; !client.at(before) {
		if b.opts.OnMove != nil {
			b.opts.OnMove(before, client)
		}
		c.moved.Put(client)
	}
	b.ask(c, false)
	return nil
}

// at reports whether the client is of the same service and class as the other.
func (c Client) at(other Client) bool {
	return c.Service == other.Service && c.Class == other.Class
}
