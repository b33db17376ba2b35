package lbserver

import (
	"cmp"
	"slices"
)

// OtherTokens stands in [Calls] for all tokens that are not kept apart.
const OtherTokens = "(other)"

// How many tokens of drops are kept apart. More would let a client, or a program that
// has new tokens in every list, fill the memory.
const (
	reportTokens  = 32  // in a client's report
	serviceTokens = 100 // of a service, since it was set first
)

// drops are dropped RPCs by token. Tokens that are not kept count as OtherTokens.
type drops map[string]uint64

// keep has a token counted apart from now on, unless that is done for as many as limit
// already, or the token is longer than a list may have.
func (d *drops) keep(token string, limit int) {
	if _, kept := (*d)[token]; kept || len(*d) >= limit || len(token) > maxTokenBytes {
		return
	}
	if *d == nil {
		*d = drops{}
	}
	(*d)[token] = 0
}

// expect keeps the tokens of the drop entries of a list: only these tell what was dropped
// by this balancer.
func (d *drops) expect(list []Server) {
	for _, s := range list {
		if s.Drop {
			d.keep(s.Token, serviceTokens)
		}
	}
}

func (d *drops) add(token string, calls uint64) {
	if _, kept := (*d)[token]; !kept {
		token = OtherTokens
	}
	if *d == nil {
		*d = drops{}
	}
	(*d)[token] += calls
}

// list returns them by token, in a slice of its own.
func (d drops) list() (all []DropState) {
	for token, calls := range d {
		all = append(all, DropState{token, calls})
	}
	slices.SortFunc(all, func(a, b DropState) int { return cmp.Compare(a.Token, b.Token) })
	return all
}
