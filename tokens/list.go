package tokens

import "slices"

// A List is a server list that was checked. It does not change after [Parse], so any
// number of goroutines may read it.
//
// A nil *List means that no list has come yet. It has no entries, and equals only
// another nil.
type List struct {
	// Entries is the balancer's rotation in its order, duplicates included.
	Entries []*Entry

	// The first few servers that were skipped, and how many were skipped in all.
	Rejected      []Remark
	RejectedCount int

	// The first few faults of tokens, and how many there were in all.
	Warnings     []Remark
	WarningCount int

	drops int // entries that are drops
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
// Servers that were skipped don't count. Two empty lists are equal, so a caller for
// which each empty list is news has to ask Empty first.
func (l *List) Equal(o *List) bool {
	if l == nil || o == nil {
		return l == o
	}
	return slices.EqualFunc(l.Entries, o.Entries, (*Entry).same)
}
