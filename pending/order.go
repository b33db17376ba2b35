package pending

// append puts a new entry at the end.
func (q *queue[C]) append(e *entry[C]) {
	q.entries[e.call] = e
	q.peak = max(q.peak, len(q.entries))
	if e.prev = q.last; e.prev == nil {
		q.first = e
	} else {
		e.prev.next = e
	}
	q.last = e
}

// remove takes an entry out, wherever it stands.
func (q *queue[C]) remove(e *entry[C]) {
	if e.prev == nil {
		q.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		q.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
	q.forget(e.call)
}

// forget takes a call out of the index, and gives the index's memory back
// after a burst.
func (q *queue[C]) forget(c C) {
	delete(q.entries, c)
	if len(q.entries) == 0 && q.peak > keptCalls {
		q.entries, q.peak = make(map[C]*entry[C]), 0
	}
}
