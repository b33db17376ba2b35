package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A ctlFlags is what the command line says about a question or an order to a balancer.
type ctlFlags struct {
	ctl.Options
	secure  secureFlags
	service string
	why     string
	lasts   string
	wait    bool
	json    bool
}

// ctlCommand asks a balancer that runs, or orders it to do something.
func ctlCommand() *cobra.Command {
	f := &ctlFlags{}
	c := onlyGroup(&cobra.Command{
		Use:   "ctl",
		Short: "Ask a balancer that runs, or override what it does",
		Long: "Ctl asks a balancer that runs, or overrides what it does. An override counts for all replicas that\n" +
			"share a store, and lasts until it is lifted or its time (--for) is over.",
	})
	flags := c.PersistentFlags()
	flags.StringVar(&f.Admin, "admin", "127.0.0.1:8081", "admin address of the balancer, HOST:PORT")
	flags.StringVar(&f.TokenFile, "token-file", "", "file with the bearer token (access.tokenFile of the balancer)")
	f.secure.add(flags, "the admin port")
	c.AddCommand(f.questions()...)
	c.AddCommand(f.orders()...)
	return c
}

// ask is a sub-command that uses a client of the balancer.
func (f *ctlFlags) ask(use, short string, args cobra.PositionalArgs, do func(context.Context, *ctl.Client, *cobra.Command, []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, RunE: func(c *cobra.Command, args []string) error {
		var err error
		if f.TLS, err = f.secure.config(); err != nil {
			return err
		}
		f.Who = me()
		client, err := ctl.NewClient(f.Options)
		if err != nil {
			return err
		}
		defer client.Close()
		return do(c.Context(), client, c, args)
	}}
}

// questions are the sub-commands that change nothing.
func (f *ctlFlags) questions() []*cobra.Command {
	status := f.ask("status", "Print how the balancer is, and a line for each service", words(0, 0),
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, _ []string) error {
			s, err := client.State(ctx)
			if err != nil {
				return err
			}
			if f.json {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(s)
			}
			return ctl.Status(c.OutOrStdout(), s)
		})
	status.Flags().BoolVar(&f.json, "json", false, "print everything, as JSON")
	list := f.ask("list SERVICE", "Print a service: its sources, backends, overrides and last changes", words(1, 1),
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, args []string) error {
			s, err := client.State(ctx)
			if err != nil {
				return err
			}
			for _, v := range s.Services {
				if v.Name == args[0] {
					return ctl.List(c.OutOrStdout(), v, s.At)
				}
			}
			return fmt.Errorf("there is no service %q", args[0])
		})
	clients := f.ask("clients [SERVICE]", "Print the clients that are connected to this replica", words(0, 1),
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, args []string) error {
			s, err := client.State(ctx)
			if err != nil {
				return err
			}
			return ctl.Clients(c.OutOrStdout(), s, cmp.Or(append(args, "")...))
		})
	watch := f.ask("watch", "Print each change of the lists when it happens, until you interrupt it", words(0, 0),
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, _ []string) error {
			return client.Watch(ctx, c.OutOrStdout())
		})
	return []*cobra.Command{status, list, clients, watch}
}

// orders are the sub-commands that put an override in force, end one, or confirm.
func (f *ctlFlags) orders() []*cobra.Command {
	drain := f.put("drain ADDRESS", "Send no new calls to a backend", 1, func(args []string) (override.Override, error) {
		return override.Override{Kind: override.Drain, Address: args[0]}, nil
	})
	drain.Flags().BoolVar(&f.wait, "wait", false, "wait until no client of any replica has it in its list any more")
	weight := f.put("weight ADDRESS N", "Give a backend the weight N, whatever its load", 2, func(args []string) (override.Override, error) {
		n, err := number(args[1])
		return override.Override{Kind: override.Weight, Address: args[0], Value: n}, err
	})
	drop := f.put("drop TOKEN PERCENT", "Have clients drop PERCENT of their calls, counted under TOKEN", 2, func(args []string) (override.Override, error) {
		n, err := number(args[1])
		return override.Override{Kind: override.Drop, Token: args[0], Value: n}, err
	})
	fallback := f.put("fallback SERVICE", "Have clients use their fallback addresses", 1, func(args []string) (override.Override, error) {
		return override.Override{Kind: override.Fallback, Service: args[0]}, nil
	})
	return []*cobra.Command{
		drain, weight, drop, fallback,
		f.lift("undrain ADDRESS", "End a drain", override.Drain),
		f.lift("unweight ADDRESS", "End the override of a backend's weight", override.Weight),
		f.lift("undrop TOKEN", "End a drop", override.Drop),
		f.lift("unfallback SERVICE", "End a fallback", override.Fallback),
		f.ask("confirm SERVICE", "Remove the backends that a source took away and the guard maxRemove holds", words(1, 1),
			func(ctx context.Context, client *ctl.Client, _ *cobra.Command, args []string) error {
				return client.Confirm(ctx, args[0])
			}),
	}
}

// put is a sub-command that puts an override in force.
func (f *ctlFlags) put(use, short string, n int, meant func([]string) (override.Override, error)) *cobra.Command {
	c := f.ask(use, short, words(n, n), func(ctx context.Context, client *ctl.Client, c *cobra.Command, args []string) error {
		o, err := meant(args)
		if err != nil {
			return err
		}
		o.Service, o.Who, o.Why = cmp.Or(o.Service, f.service), me(), f.why
		in, err := client.Put(ctx, ctl.Order{Override: o, For: f.lasts})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s is in force\n", in)
		s, err := client.State(ctx)
		if err != nil {
			return err
		}
		if odd := note(s, in); odd != "" {
			fmt.Fprintln(c.ErrOrStderr(), "note:", odd)
		}
		if f.wait {
			return client.WaitDrained(ctx, c.OutOrStdout(), in.Address)
		}
		return nil
	})
	f.about(c)
	c.Flags().StringVar(&f.why, "why", "", "the reason; list and the page show it")
	c.Flags().StringVar(&f.lasts, "for", "", "how long it lasts, such as 10m (default: until it is lifted)")
	return c
}

// lift is a sub-command that ends an override.
func (f *ctlFlags) lift(use, short string, kind override.Kind) *cobra.Command {
	c := f.ask(use, short, words(1, 1), func(ctx context.Context, client *ctl.Client, c *cobra.Command, args []string) error {
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
	f.about(c)
	return c
}

// about adds the flag that says which service an override is about.
func (f *ctlFlags) about(c *cobra.Command) {
	c.Flags().StringVar(&f.service, "service", "", "the service (default: every service)")
}

func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	return n, nil
}

// me names who runs the command.
func me() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
