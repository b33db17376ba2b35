package registry

// A message is what the registry is told. The registry never stops, so each one is handled. A
// member sends two in its life.
type message interface{ message() }

// joined is from a policy that starts. It joins once.
type joined struct{ member Member }

// left is from a policy that is being closed.
type left struct{ member Member }

// asked asks for the members.
type asked struct{ reply chan<- []Entry }

func (joined) message() {}
func (left) message()   {}
func (asked) message()  {}

// Join adds a member.
func (r *Registry) Join(m Member) { r.send(joined{m}) }

// Leave takes a member out. The registry does not hold it any more.
func (r *Registry) Leave(m Member) { r.send(left{m}) }

// Members returns the members in the order in which they joined.
func (r *Registry) Members() []Entry {
	reply := make(chan []Entry, 1)
	r.send(asked{reply})
	return <-reply
}
