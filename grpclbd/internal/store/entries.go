package store

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// apply takes in one entry. An override with a wrong value stays as it was (rule
// source.last-known): whoever drains a backend must not lose that to rubbish. Totals with a wrong
// value count as none. Overrides that have ended are dropped by settle.
func (c *core) apply(e entry) {
	switch {
	case strings.HasPrefix(e.key, overridesPrefix):
		c.applyOverride(e)
	case strings.HasPrefix(e.key, replicasPrefix):
		c.applyReplica(e)
	}
}

func (c *core) applyOverride(e entry) {
	o, ok := read(c, e, parseOverride)
	old, had := c.overrides[e.key]
	if !ok {
		if e.value == nil {
			delete(c.overrides, e.key)
			c.overridesChanged = c.overridesChanged || had
		}
		return
	}
	if !had || !same(old, o) {
		c.overrides[e.key], c.overridesChanged = o, true
	}
}

func (c *core) applyReplica(e entry) {
	r, ok := read(c, e, parseReplica)
	_, had := c.replicas[e.key]
	if !ok {
		delete(c.replicas, e.key)
		c.replicasChanged = c.replicasChanged || had
		return
	}
	c.replicas[e.key], c.replicasChanged = r, true
	c.checkName(r)
}

// checkName notices that another process writes under the name of this replica: after etcd
// has taken this one's entry, nobody else should write there.
func (c *core) checkName(r Replica) {
	if r.Name != c.self || !c.keeper.taken || c.twice || r.Started.Equal(c.keeper.replica.Started) {
		return
	}
	c.twice = true
	c.do(sameName{c.self})
}

// read parses an entry, and logs what is wrong with it unless that was logged already.
func read[T any](c *core, e entry, parse func(string, []byte) (T, error)) (value T, ok bool) {
	if e.value == nil {
		delete(c.bad, e.key)
		return value, false
	}
	value, err := parse(e.key, e.value)
	if err == nil {
		delete(c.bad, e.key)
		return value, true
	}
	if c.bad[e.key] != err.Error() {
		c.bad[e.key] = err.Error()
		c.do(ignored{e.key, err})
	}
	return value, false
}

// same compares the times by the moment, not by their zone.
func same(a, b override.Override) bool {
	times := a.Since.Equal(b.Since) && a.Until.Equal(b.Until)
	a.Since, a.Until = b.Since, b.Until
	return times && a == b
}

// keys returns the keys of all that is known, wrong ones too.
func (c *core) keys() []string {
	all := slices.Collect(maps.Keys(c.overrides))
	all = slices.AppendSeq(all, maps.Keys(c.replicas))
	return slices.AppendSeq(all, maps.Keys(c.bad))
}

func (c *core) sortedOverrides() []override.Override {
	all := make([]override.Override, 0, len(c.overrides))
	for _, key := range slices.Sorted(maps.Keys(c.overrides)) {
		all = append(all, c.overrides[key])
	}
	return all
}

func (c *core) sortedReplicas() []Replica {
	return slices.SortedFunc(maps.Values(c.replicas), func(a, b Replica) int { return cmp.Compare(a.Name, b.Name) })
}
