package main

import (
	_ "google.golang.org/grpc/balancer/leastrequest" // registers itself
)

const leastRequest = `{"childPolicy":[{"least_request_experimental":{"choiceCount":10}}]}`

// Backend 1 has 20 calls in flight and 2 has none. Least request, which looks
// at a backend ten times for each call, then picks 1 for about one call in a
// thousand, and a rotation for every second call.
func childIsUsed(w *world) verdict {
	b := w.backends(2)
	c := w.connect()
	w.send(c, b[0])
	b[0].Hold()
	for range 20 {
		w.begin(w.Context())
	}
	w.send(c, b...)
	w.calls(100)
	return saw(b[1].Calls() > 90, "%d of 100 calls go to the other", b[1].Calls())
}
