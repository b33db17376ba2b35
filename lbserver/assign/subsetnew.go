package assign

import "slices"

// A choice is a client with the backend that it prefers least of those it has.
type choice struct {
	*client
	worst *backend
	value uint64 // of worst, to the client
}

func choiceOf(c *client) choice {
	choice := choice{client: c, worst: slices.MaxFunc(c.backends, c.compare)}
	choice.value = pair(c.hash, choice.worst.hash)
	return choice
}

// prefer gives new backends those of the clients that prefer them to one that they have:
// each gives up the backend that it prefers least. Backends then differ by no more than the
// spread, apart from those that still have too few. With a great spread this is what gives
// new backends clients at all.
func (s *Subsets) prefer(added []*backend, clients []*client, moved moves) {
	if len(added) == 0 {
		return
	}
	var choices []choice
	for _, c := range clients {
		choices = append(choices, choiceOf(c))
	}
	for _, b := range added {
		for _, i := range b.wanted(choices) {
			c, worst := choices[i].client, choices[i].worst
			if s.mayMove(worst, b) {
				moved.of(c)
				worst.lose(c)
				c.lose(worst)
				b.take(c)
				choices[i] = choiceOf(c)
			}
		}
	}
}

// wanted returns which clients prefer the backend to their worst, the first being the one
// that prefers it most.
func (b *backend) wanted(choices []choice) (by []int) {
	for i, c := range choices {
		if pair(c.hash, b.hash) > c.value && !c.has(b) {
			by = append(by, i)
		}
	}
	slices.SortFunc(by, func(i, j int) int { return b.compare(choices[i].client, choices[j].client) })
	return by
}

// mayMove reports whether a client may move from one backend to another: it must not make
// the first lag behind any other by more than the spread, nor the second lead any.
func (s *Subsets) mayMove(from, to *backend) bool {
	fewer, more, spread := len(from.clients)-1, len(to.clients)+1, s.allowed()
	if more-fewer >= spread {
		return false // it is no nearer to even than before
	}
	for _, b := range s.backends {
		if n := len(b.clients); b != from && b != to && (n-fewer > spread || more-n > spread) {
			return false
		}
	}
	return true
}
