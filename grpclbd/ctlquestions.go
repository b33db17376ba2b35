package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// look is a sub-command that prints something of the balancer's state.
func (f *ctlFlags) look(use, short string, args cobra.PositionalArgs, show func(io.Writer, view.State, []string) error) *cobra.Command {
	return f.ask(use, short, args, func(ctx context.Context, client *ctl.Client, c *cobra.Command, args []string) error {
		s, err := client.State(ctx)
		if err != nil {
			return err
		}
		return show(c.OutOrStdout(), s, args)
	})
}

// questions are the sub-commands that change nothing.
func (f *ctlFlags) questions() []*cobra.Command {
	status := f.look("status", "Print how the balancer is, and a line for each service", words(0, 0), func(w io.Writer, s view.State, _ []string) error {
		if f.json {
			return printJSON(w, s)
		}
		return ctl.Status(w, s)
	})
	status.Long = status.Short + ". In that line CLIENTS and CALLS are those of this replica.\n" +
		"Calls are what clients have reported. The line \"replicas\" has the numbers of each replica."
	status.Flags().BoolVar(&f.json, "json", false, "print everything, as JSON")
	list := f.look("list SERVICE", "Print a service: its sources, backends, overrides and last changes", words(1, 1), func(w io.Writer, s view.State, args []string) error {
		v, found := s.Find(args[0])
		if !found {
			return s.Unknown(args[0])
		}
		return ctl.List(w, s, v)
	})
	overrides := f.look("overrides", "Print all overrides that are in force, and those of them that match nothing", words(0, 0), func(w io.Writer, s view.State, _ []string) error {
		return ctl.Overrides(w, s)
	})
	clients := f.look("clients [SERVICE]", "Print the clients that are connected to this replica", words(0, 1), func(w io.Writer, s view.State, args []string) error {
		if len(args) == 0 {
			return ctl.Clients(w, s, "")
		}
		v, found := s.Find(args[0])
		if !found {
			return s.Unknown(args[0])
		}
		return ctl.Clients(w, s, v.Name)
	})
	watch := f.ask("watch", "Print each change of the lists when it happens, until you interrupt it", words(0, 0),
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, _ []string) error {
			return client.Watch(ctx, c.OutOrStdout())
		})
	return []*cobra.Command{status, list, overrides, clients, watch}
}

func printJSON(w io.Writer, s view.State) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, terminal.JSON(text.String()))
	return err
}
