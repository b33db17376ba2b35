package fleet

import (
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/lbserver"
)

// Drained knows of each address that an override drains from which answer on it is absent (rule
// drained). A client has an older answer, and so perhaps the backend, as long as its connection was
// handed a lower number.
type drained map[string]map[string]uint64 // address → class → number; 0: from the first one on

// set takes the drains that there are now. Addresses that are drained no more are forgotten.
func (d drained) set(drains map[string]override.Override) {
	for address := range d {
		if _, still := drains[address]; !still {
			delete(d, address)
		}
	}
	for address := range drains {
		if d[address] == nil {
			d[address] = map[string]uint64{}
		}
	}
}

// lacks reports whether the number of a class is not known for an address.
func (d drained) lacks(classes map[string]*class) bool {
	for _, numbers := range d {
		for name := range classes {
			if _, known := numbers[name]; !known {
				return true
			}
		}
	}
	return false
}

// numbered takes the answers that there are now. One that the balancer has refused may leave the class
// with an older one, which has the address.
func (d drained) numbered(answers []lbserver.AnswerState) {
	for address, numbers := range d {
		for _, a := range answers {
			if _, known := numbers[a.Class]; !known && !(&answer{servers: a.Servers}).has(address) {
				numbers[a.Class] = a.Number
			}
		}
	}
}

// joined notes a class that has come. What is drained already was in none of its answers.
func (d drained) joined(class string) {
	for _, numbers := range d {
		if len(numbers) > 0 {
			numbers[class] = 0
		}
	}
}

// left forgets a class.
func (d drained) left(class string) {
	for _, numbers := range d {
		delete(numbers, class)
	}
}

// holders returns how many of the clients still have each drained address. An address is not
// among them before the answer of clients without a class is one without it: a new client
// would still get it. What a client has that has moved from another class, and was not handed the new
// list yet, is not known, so it counts as one that has them.
func (d drained) holders(clients []lbserver.ClientState) map[string]int {
	if len(d) == 0 {
		return nil
	}
	counts := make(map[string]int, len(d))
	for address, numbers := range d {
		if _, absent := numbers[""]; !absent {
			continue
		}
		counts[address] = 0
		for _, c := range clients {
			if from, known := numbers[c.Class]; c.Handed != 0 && (c.Moved || !known || c.Handed < from) {
				counts[address]++
			}
		}
	}
	return counts
}
