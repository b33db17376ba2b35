package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// words is the check of a sub-command that takes from least to most words. Its error shows how
// the command is written.
func words(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if n := len(args); n < least || n > most {
			return fmt.Errorf("wrong number of words (%d); write: %s", n, c.UseLine())
		}
		return nil
	}
}

// onlyGroup makes a command that has sub-commands and does nothing by itself refuse other words.
func onlyGroup(c *cobra.Command) *cobra.Command {
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown command %q; see %s -h", args[0], c.CommandPath())
		}
		return c.Help()
	}
	return c
}

// helpOf is the sub-command "help" of a group. Cobra makes one only for the program itself.
func helpOf(group *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print how a command is used",
		Args:  words(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := group.Find(args)
			if err != nil || len(rest) > 0 {
				return group.RunE(group, args)
			}
			return c.Help()
		},
	}
}
