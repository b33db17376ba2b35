package tokens

import "slices"

// BackendsNotIn returns the addresses of backends that l has and o does not have, each
// once and in the order of l. Most addresses are compared in place, without a look-up
// in a map: lists of ten thousand backends that differ in one take a millisecond.
func (l *List) BackendsNotIn(o *List) (addrs []string) {
	if l == nil {
		return nil
	}
	missing := map[endpoint]bool{}
	last := o.cursor()
	for _, e := range l.Entries {
		if e.Drop || last.meet(e.at).at == e.at || missing[e.at] {
			continue
		}
		missing[e.at] = true
		addrs = append(addrs, e.Addr)
	}
	if len(addrs) == 0 || o == nil {
		return addrs
	}
	return o.removeFrom(addrs, missing)
}

// removeFrom returns the addresses that l does not have anywhere. missing has the same
// addresses.
func (l *List) removeFrom(addrs []string, missing map[endpoint]bool) []string {
	elsewhere := map[string]bool{}
	for _, e := range l.Entries {
		if missing[e.at] {
			elsewhere[e.Addr] = true
		}
	}
	return slices.DeleteFunc(addrs, func(a string) bool { return elsewhere[a] })
}
