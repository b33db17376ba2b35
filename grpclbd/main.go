// Grpclbd is a balancer for gRPC clients that use the grpclb protocol (lookaside load
// balancing). README.md beside it has the first steps.
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/actorlb/grpclb/grpclbd/internal/enlist"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

func main() {
	root := command()
	root.SetArgs(dashes(os.Args[1:]))
	err := root.Execute()
	if exit := (*enlist.Exit)(nil); errors.As(err, &exit) {
		os.Exit(exit.Code)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "grpclbd:", terminal.Lines(err.Error()))
		os.Exit(1)
	}
}

var singleDash = regexp.MustCompile(`^-[a-z][a-zA-Z-]+(=|$)`)

// dashes lets flags be written with one dash, as programs in Go have them: there are none of
// one letter but -h. Behind "--" are the words of another command.
func dashes(args []string) []string {
	all := make([]string, 0, len(args))
	for i, a := range args {
		if a == "--" {
			return append(all, args[i:]...)
		}
		if singleDash.MatchString(a) {
			a = "-" + a
		}
		all = append(all, a)
	}
	return all
}
