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
	c := &cobra.Command{Use: "ctl", Short: "Ask a balancer that runs, or override what it does"}
	flags := c.PersistentFlags()
	flags.StringVar(&f.Admin, "admin", "127.0.0.1:8081", "the balancer's admin address")
	flags.StringVar(&f.TokenFile, "token-file", "", "file with the bearer token")
	f.secure.add(flags, "the admin port")
	c.AddCommand(f.questions()...)
	c.AddCommand(f.orders()...)
	return c
}

// ask is a sub-command that uses a client of the balancer.
func (f *ctlFlags) ask(use, short string, args cobra.PositionalArgs, do func(context.Context, *ctl.Client, *cobra.Command, []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, RunE: func(c *cobra.Command, words []string) error {
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
		return do(c.Context(), client, c, words)
	}}
}

// questions are the sub-commands that change nothing.
func (f *ctlFlags) questions() []*cobra.Command {
	status := f.ask("status", "Print the balancer and its services", cobra.NoArgs,
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
	status.Flags().BoolVar(&f.json, "json", false, "print all that is to be seen, as JSON")
	list := f.ask("list SERVICE", "Print a service: sources, backends, overrides, last changes", cobra.ExactArgs(1),
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, words []string) error {
			s, err := client.State(ctx)
			if err != nil {
				return err
			}
			for _, v := range s.Services {
				if v.Name == words[0] {
					return ctl.List(c.OutOrStdout(), v, s.At)
				}
			}
			return fmt.Errorf("there is no service %q", words[0])
		})
	clients := f.ask("clients [SERVICE]", "Print the clients that are connected", cobra.MaximumNArgs(1),
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, words []string) error {
			s, err := client.State(ctx)
			if err != nil {
				return err
			}
			return ctl.Clients(c.OutOrStdout(), s, cmp.Or(append(words, "")...))
		})
	watch := f.ask("watch", "Print each change of a list as it happens", cobra.NoArgs,
		func(ctx context.Context, client *ctl.Client, c *cobra.Command, _ []string) error {
			return client.Watch(ctx, c.OutOrStdout())
		})
	return []*cobra.Command{status, list, clients, watch}
}

// orders are the sub-commands that put an override in force, end one, or confirm.
func (f *ctlFlags) orders() []*cobra.Command {
	drain := f.put("drain ADDRESS", "Send no new calls to a backend", 1, func(words []string) (override.Override, error) {
		return override.Override{Kind: override.Drain, Address: words[0]}, nil
	})
	drain.Flags().BoolVar(&f.wait, "wait", false, "wait until no client has it in its list any more")
	weight := f.put("weight ADDRESS N", "Give a backend this weight, whatever its load", 2, func(words []string) (override.Override, error) {
		n, err := number(words[1])
		return override.Override{Kind: override.Weight, Address: words[0], Value: n}, err
	})
	drop := f.put("drop TOKEN PERCENT", "Have clients drop a share of their calls", 2, func(words []string) (override.Override, error) {
		n, err := number(words[1])
		return override.Override{Kind: override.Drop, Token: words[0], Value: n}, err
	})
	fallback := f.put("fallback SERVICE", "Have clients use their fallback addresses", 1, func(words []string) (override.Override, error) {
		return override.Override{Kind: override.Fallback, Service: words[0]}, nil
	})
	return []*cobra.Command{
		drain, weight, drop, fallback,
		f.lift("undrain ADDRESS", "End a drain", override.Drain),
		f.lift("unweight ADDRESS", "End the weight of a backend", override.Weight),
		f.lift("undrop TOKEN", "End a drop", override.Drop),
		f.lift("unfallback SERVICE", "End a fallback", override.Fallback),
		f.ask("confirm SERVICE", "Let go backends that a source took away and a guard holds", cobra.ExactArgs(1),
			func(ctx context.Context, client *ctl.Client, _ *cobra.Command, words []string) error {
				return client.Confirm(ctx, words[0])
			}),
	}
}

// put is a sub-command that puts an override in force.
func (f *ctlFlags) put(use, short string, words int, meant func([]string) (override.Override, error)) *cobra.Command {
	c := f.ask(use, short, cobra.ExactArgs(words), func(ctx context.Context, client *ctl.Client, c *cobra.Command, words []string) error {
		o, err := meant(words)
		if err != nil {
			return err
		}
		o.Service, o.Who, o.Why = cmp.Or(o.Service, f.service), me(), f.why
		in, err := client.Put(ctx, ctl.Order{Override: o, For: f.lasts})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s is in force\n", in)
		if f.wait {
			return client.WaitDrained(ctx, c.OutOrStdout(), in.Address)
		}
		return nil
	})
	f.about(c)
	c.Flags().StringVar(&f.why, "why", "", "why, for whoever looks")
	c.Flags().StringVar(&f.lasts, "for", "", "how long, such as 10m (default: until it is lifted)")
	return c
}

// lift is a sub-command that ends an override.
func (f *ctlFlags) lift(use, short string, kind override.Kind) *cobra.Command {
	c := f.ask(use, short, cobra.ExactArgs(1), func(ctx context.Context, client *ctl.Client, _ *cobra.Command, words []string) error {
		if kind == override.Fallback {
			return client.Lift(ctx, words[0], kind, "")
		}
		return client.Lift(ctx, f.service, kind, words[0])
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
