package main

import "fmt"

// An endpoint is an entry of a list, before any server has it in its own form.
type endpoint struct {
	host  string
	port  int
	token string // for the servers that have tokens
}

// What is asked for, by its name in both protocols.
const fleet = "fleet.example.com:443"

// marker comes before the number of a list, early in its message: in the token of
// the first entry, and in what xDS has as the version.
const marker = "version-"

func token(version int) string { return fmt.Sprintf("%s%016d", marker, version) }

// changed returns list number version, from 1: either every entry differs from the
// one before, or the first alone.
func changed(entries, version int, all bool) []endpoint {
	list := make([]endpoint, entries)
	for i := range list {
		e := endpoint{host: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), port: 20000, token: token(0)}
		if all || i == 0 {
			e.port, e.token = e.port+version%20000, token(version)
		}
		list[i] = e
	}
	return list
}
