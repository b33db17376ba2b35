package main

import (
	"fmt"
	"slices"

	"google.golang.org/grpc"
)

// A contender is a server that tells clients which endpoints there are.
type contender struct {
	name     string
	protocol string // of its clients
	start    func(*grpc.Server) publisher
}

// A publisher has the current list. Lists are numbered from 1, without gaps.
type publisher interface {
	set(version int, list []endpoint) error
	close()
}

var contenders = []contender{
	{"ours", "lb", newOurs},
	{"plain", "lb", newPlain},
	{"eds", "eds", newLinear},
	{"snapshot", "eds", newSnapshot},
	{"silent", "lb", newSilent},
}

func contenderOf(name string) (contender, error) {
	i := slices.IndexFunc(contenders, func(c contender) bool { return c.name == name })
	if i < 0 {
		return contender{}, fmt.Errorf("there is no contender %q", name)
	}
	return contenders[i], nil
}
