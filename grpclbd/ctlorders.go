package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// orders are the sub-commands that put an override in force, end one, or confirm.
func (f *ctlFlags) orders() []*cobra.Command {
	drain := f.about(f.put("drain ADDRESS", "Send no new calls to a backend", 1, func(args []string) (override.Override, error) {
		return override.Override{Service: f.service, Kind: override.Drain, Address: args[0]}, nil
	}))
	drain.Long = "Drain sends no new calls to a backend. Calls that began before may still run there, and a client that hangs\n" +
		"may use its old list until it reads again.\n" +
		"ADDRESS is as \"ctl list\" prints it. \"ctl undrain ADDRESS\" ends the drain."
	drain.Example = "  grpclbd ctl drain 10.0.0.1:50051 -why \"new disk\" -wait -timeout 5m\n" +
		"  grpclbd ctl drain 10.0.0.1:50051 -service greeter.example.com:443 -for 1h"
	drain.Flags().BoolVar(&f.wait, "wait", false, "wait until each client's connection, at every replica, has been handed a list without it")
	drain.Flags().DurationVar(&f.most, "timeout", 0, "with --wait: end with an error after this time, such as 5m; the drain stays (default: no bound)")
	weight := f.about(f.put("weight ADDRESS N", "Give a backend the weight N, whatever its load", 2, func(args []string) (override.Override, error) {
		n, err := number(args[1])
		return override.Override{Service: f.service, Kind: override.Weight, Address: args[0], Value: n}, err
	}))
	drop := f.about(f.put("drop TOKEN PERCENT", "Have clients drop PERCENT of their calls, counted under TOKEN", 2, func(args []string) (override.Override, error) {
		n, err := number(args[1])
		return override.Override{Service: f.service, Kind: override.Drop, Token: args[0], Value: n}, err
	}))
	fallback := f.put("fallback SERVICE", "Have clients use their fallback addresses", 1, func(args []string) (override.Override, error) {
		return override.Override{Service: args[0], Kind: override.Fallback}, nil
	})
	fallback.Long = fallback.Short + ": the backends that their own resolver found.\n" +
		"If a client's resolver found none, its calls fail."
	return []*cobra.Command{
		drain, weight, drop, fallback,
		f.about(f.lift("undrain ADDRESS", "End a drain", override.Drain)),
		f.about(f.lift("unweight ADDRESS", "End the override of a backend's weight", override.Weight)),
		f.about(f.lift("undrop TOKEN", "End a drop", override.Drop)),
		f.lift("unfallback SERVICE", "End a fallback", override.Fallback),
		f.confirm(),
	}
}

// put is a sub-command that puts an override in force.
func (f *ctlFlags) put(use, short string, n int, meant func([]string) (override.Override, error)) *cobra.Command {
	c := f.ask(use, short, words(n, n), func(ctx context.Context, client *ctl.Client, c *cobra.Command, args []string) error {
		if c.Flags().Changed("timeout") && (!f.wait || f.most <= 0) {
			return errors.New("-timeout goes with -wait, and is a time such as 5m")
		}
		o, err := meant(args)
		if err != nil {
			return err
		}
		o.Who, o.Why = me(), f.why
		in, err := client.Put(ctx, ctl.Order{Override: o, For: f.lasts, Force: f.force})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s is in force\n", terminal.Clean(in.String()))
		if f.wait {
			return client.WaitDrained(ctx, c.OutOrStdout(), in.Override, f.most)
		}
		if in.MatchesNothing != "" {
			fmt.Fprintf(c.ErrOrStderr(), "warning: it matches nothing now: %s. It stays in force until it is lifted\n", terminal.Clean(in.MatchesNothing))
		}
		return nil
	})
	c.Flags().StringVar(&f.why, "why", "", "the reason; list and the page show it")
	c.Flags().StringVar(&f.lasts, "for", "", "how long it lasts, such as 10m (default: until it is lifted)")
	c.Flags().BoolVar(&f.force, "force", false, "also for a service that is not configured, which may come later")
	return c
}

// lift is a sub-command that ends an override.
func (f *ctlFlags) lift(use, short string, kind override.Kind) *cobra.Command {
	return f.ask(use, short, words(1, 1), func(ctx context.Context, client *ctl.Client, c *cobra.Command, args []string) error {
		service, subject := f.service, args[0]
		if kind == override.Fallback {
			service, subject = args[0], ""
		}
		if err := client.Lift(ctx, service, kind, subject); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "the %s is lifted\n", kind)
		return nil
	})
}

// confirm is the sub-command that agrees with a source.
func (f *ctlFlags) confirm() *cobra.Command {
	c := f.ask("confirm SERVICE", "Remove the backends that a source took away and the guard maxRemove holds", words(1, 1),
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, args []string) error {
			s, err := client.State(ctx)
			if err != nil {
				return err
			}
			if err := client.Confirm(ctx, args[0]); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), confirmed(s, args[0]))
			return nil
		})
	c.Long = c.Short + ".\nIt counts for the replica that is asked. Each other one that holds them has to be asked too (--admin)."
	return c
}

// confirmed says what a confirmation has done, by the state before it.
func confirmed(s view.State, service string) string {
	v, _ := s.Find(service)
	for _, src := range v.Sources {
		if len(src.Held) > 0 {
			return "what the guard maxRemove holds is let go, on this replica"
		}
	}
	return "the guard maxRemove holds no backend of this service on this replica, so nothing has changed"
}

// about adds the flag that says which service an override is about.
func (f *ctlFlags) about(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&f.service, "service", "", "the service (default: every service)")
	return c
}

func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	return n, nil
}
