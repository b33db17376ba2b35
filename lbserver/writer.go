package lbserver

// write sends the initial response and then d and each answer after it that
// differs from the one before. Only it knows what a slow client was really sent:
// of answers A, B, A the client may have got the first alone, and the last is no
// news then.
func (b *Balancer) write(c *call, d delivery) {
	c.guard(func() {
		if err := c.stream.Send(b.initial); err != nil {
			c.end(err)
			return
		}
		for sent := (digest{}); ; {
			if d.digest != sent {
				sent = d.digest
				if err := c.send(d); err != nil {
					c.end(err)
					return
				}
			}
			b.inbox.handed(c, d.number)
			select {
			case d = <-c.answers.Ready():
			case <-c.stop:
				return
			}
		}
	})
}
