package lbserver

// write sends the initial response and then d and each answer after it that
// differs from the one that was sent before. If the answers were A, B, A, a slow client
// may have been sent only the first A; then the last one is not sent.
func (b *Balancer) write(c *call, d delivery) {
	c.guard(func() {
		if err := c.stream.Send(c.initial); err != nil {
			c.end(err)
			return
		}
		for sent := (digest{}); ; {
			bytes := 0
			if d.digest != sent {
				sent, bytes = d.digest, d.size
				if err := c.send(d); err != nil {
					c.end(err)
					return
				}
			}
			b.inbox.handed(c, d.number, bytes)
			var ok bool
			if d, ok = b.next(c); !ok {
				return
			}
		}
	})
}
