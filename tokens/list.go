package tokens

import "slices"

// A List is a server list made usable. It is not changed after [Parse], so
// any number of goroutines may read it.
//
// A nil *List stands for "no list yet": it has nothing in it and equals only
// another nil.
type List struct {
	// Entries is the balancer's rotation in its order, duplicates included.
	Entries []*Entry

	// The first few servers that were skipped, and how many there were.
	Rejected      []Remark
	RejectedCount int

	// The first few tokens that were out of order, and how many there were.
	Warnings     []Remark
	WarningCount int

	drops int // of the entries
}

// Backends counts the entries that are backends, duplicates included.
func (l *List) Backends() int {
	if l == nil {
		return 0
	}
	return len(l.Entries) - l.Drops()
}

// Drops counts the entries that are drops.
func (l *List) Drops() int {
	if l == nil {
		return 0
	}
	return l.drops
}

// Empty reports whether there is no usable entry. A list of drops alone is
// not empty: it asks for every call to be dropped.
func (l *List) Empty() bool { return l == nil || len(l.Entries) == 0 }

// Equal reports whether both lists have the same entries in the same order.
// What was skipped on the way does not matter.
//
// Two empty lists are equal. Where an empty list must never count as
// unchanged, Empty has to be asked first.
func (l *List) Equal(o *List) bool {
	if l == nil || o == nil {
		return l == o
	}
	return slices.EqualFunc(l.Entries, o.Entries, (*Entry).same)
}
