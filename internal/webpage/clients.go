package webpage

// A Standing says how a client of a balancer stands with its list.
type Standing string

const (
	UpToDate Standing = "up to date" // its connection has been handed the newest list
	Behind   Standing = "behind"     // it has not
	Waiting  Standing = "waiting"    // there is no list yet
)

// StandingOf compares the number of the list that a client is to have with the number of the one that
// its connection has been handed; 0 is none.
func StandingOf(due, handed uint64) Standing {
	switch due {
	case 0:
		return Waiting
	case handed:
		return UpToDate
	}
	return Behind
}

// Class returns the class of the style.
func (s Standing) Class() string {
	return map[Standing]string{UpToDate: "good", Behind: "bad", Waiting: "warn"}[s]
}

// Clients is a table of clients: all of them, or those that have one standing. The template "standings"
// is the line above it, in which one is chosen, and "standing" the cell of a client.
type Clients[C any] struct {
	Mixed    bool // they are of all services
	All      int
	Standing []Count[Standing] // how many of all there are
	Chosen   Standing          // which of them are shown; empty: all
	Part     Part
	Shown    []C
}

// ClientsOf returns the table for a query.
func ClientsOf[C any](q Query, all []C, standing func(C) Standing, mixed bool) Clients[C] {
	c := Clients[C]{Mixed: mixed, All: len(all), Chosen: Standing(q.Get("standing"))}
	n := map[Standing]int{}
	var chosen []C
	for _, client := range all {
		so := standing(client)
		n[so]++
		if c.Chosen == "" || c.Chosen == so {
			chosen = append(chosen, client)
		}
	}
	c.Standing = Counts(n, UpToDate, Behind, Waiting)
	c.Part = q.Part("clients", len(chosen))
	c.Shown = chosen[c.Part.From:c.Part.To]
	return c
}

// A Count is how many of a table's lines are of a kind.
type Count[K ~string] struct {
	Of K
	N  int
}

// Counts returns the kinds of which there are some, in order.
func Counts[K ~string](n map[K]int, order ...K) (all []Count[K]) {
	for _, k := range order {
		if n[k] > 0 {
			all = append(all, Count[K]{k, n[k]})
		}
	}
	return all
}
