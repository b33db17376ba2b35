package lbserver

import "context"

// Review asks the hooks about each client again, as if it had just asked for its service:
// Normalize, Authorize and Classify. Call it when they have changed their mind: a name stands for
// another service, say, or a rule says that clients are of another class. What then differs
// reaches the clients on the streams that they have:
//
//   - A client of another service or class is sent the answer of that one, as with any new
//     answer. Its reports count for the new service from then on. OnMove hears of it.
//   - A client that may not have the service any more is told so: its stream ends as
//     Authorize says.
//   - If there is no answer for it where it is now, OnUnknown is asked, and its stream
//     ends with NOT_FOUND.
//   - All others notice nothing. The interval of load reports stays as it is.
//
// A client that asks at the same time is placed by what the hooks say after the call of
// Review.
//
// Review returns when each client that was there has been asked about, and how many of them have
// moved to another service or class. So what only those had can be removed then. A client that
// does not read what it is sent is asked about when it reads again, so it keeps Review
// waiting, as hooks do that block. If the context is done before, Review returns its error, and
// the rest is done all the same. A closed balancer returns [ErrClosed].
func (b *Balancer) Review(ctx context.Context) (moved int, err error) {
	done := make(chan int, 1)
	if !b.inbox.reviewing(done) {
		return 0, ErrClosed
	}
	select {
	case moved, open := <-done:
		if !open {
			return 0, ErrClosed
		}
		return moved, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// review has all calls ask again.
func (o *owner) review(m reviewing) {
	round, all, asked := o.registry.review()
	for _, c := range all {
		c.again.Put(round)
	}
	o.reviews.begin(round, asked, m.done)
}

// review begins a review and returns its number. All calls are to ask in it; asked are those
// that have asked before.
func (r *registry) review() (round uint64, all, asked []*call) {
	r.rounds++
	for c, m := range r.calls {
		m.wanted = r.rounds
		all = append(all, c)
		if m.class != nil {
			asked = append(asked, c)
		}
	}
	return r.rounds, all, asked
}

// Reviews are those that are under way. They are an ordinary value.
type reviews []*review

// A review is under way until each of its calls has asked again or is over.
type review struct {
	round uint64
	calls map[*call]struct{} // that have not asked again yet
	moved int
	done  chan<- int // has room for the number of those that have moved
}

// begin notes a review of these calls.
func (all *reviews) begin(round uint64, calls []*call, done chan<- int) {
	r := &review{round: round, calls: make(map[*call]struct{}, len(calls)), done: done}
	for _, c := range calls {
		r.calls[c] = struct{}{}
	}
	*all = append(*all, r)
	all.finish()
}

// asked notes that a call has asked again in a round, which is also an answer to those before.
func (all *reviews) asked(c *call, round uint64, moved bool) {
	for _, r := range *all {
		if _, here := r.calls[c]; here && r.round <= round {
			delete(r.calls, c)
			if moved {
				r.moved++
			}
		}
	}
	all.finish()
}

// left notes that a call is over.
func (all *reviews) left(c *call) {
	for _, r := range *all {
		delete(r.calls, c)
	}
	all.finish()
}

// finish ends the reviews that have nobody to wait for.
func (all *reviews) finish() {
	under := (*all)[:0]
	for _, r := range *all {
		if len(r.calls) > 0 {
			under = append(under, r)
			continue
		}
		r.done <- r.moved
	}
	clear((*all)[len(under):])
	*all = under
}

// close ends all of them: nobody asks again.
func (all *reviews) close() {
	for _, r := range *all {
		close(r.done)
	}
	*all = nil
}
