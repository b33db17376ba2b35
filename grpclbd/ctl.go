package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// A ctlFlags is what the command line says about a question or an order to a balancer.
type ctlFlags struct {
	ctl.Options
	secure  secureFlags
	service string
	why     string
	lasts   string
	force   bool
	wait    bool
	most    time.Duration
	json    bool
}

// ctlCommand asks a balancer that runs, or orders it to do something.
func ctlCommand() *cobra.Command {
	f := &ctlFlags{}
	c := onlyGroup(&cobra.Command{
		Use:   "ctl",
		Short: "Ask a balancer that runs, or override what it does",
		Long: "Ctl asks a balancer that runs, or overrides what it does. An override counts for all replicas that\n" +
			"share a store. It lasts until it is lifted, or until its time (--for) is over.\n" +
			"\"ctl overrides\" prints all that are in force.",
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
		if err = f.sane(c, args); err != nil {
			return err
		}
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

// sane refuses empty words, as an unset variable of a shell leaves them: without a service, an
// override counts for every one.
func (f *ctlFlags) sane(c *cobra.Command, args []string) error {
	for _, a := range args {
		if a == "" {
			return fmt.Errorf("a word is empty; write: %s", c.UseLine())
		}
	}
	if c.Flags().Changed("service") && f.service == "" {
		return errors.New("-service is empty; leave it out if you mean every service")
	}
	return nil
}

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

// orders are the sub-commands that put an override in force, end one, or confirm.
func (f *ctlFlags) orders() []*cobra.Command {
	drain := f.about(f.put("drain ADDRESS", "Send no new calls to a backend", 1, func(args []string) (override.Override, error) {
		return override.Override{Service: f.service, Kind: override.Drain, Address: args[0]}, nil
	}))
	drain.Long = "Drain sends no new calls to a backend. Calls that began before may still run there.\n" +
		"ADDRESS is as \"ctl list\" prints it. \"ctl undrain ADDRESS\" ends the drain."
	drain.Example = "  grpclbd ctl drain 10.0.0.1:50051 -why \"new disk\" -wait -timeout 5m\n" +
		"  grpclbd ctl drain 10.0.0.1:50051 -service greeter.example.com:443 -for 1h"
	drain.Flags().BoolVar(&f.wait, "wait", false, "wait until no client of any replica has it in its list any more")
	drain.Flags().DurationVar(&f.most, "timeout", 0, "with --wait: give up after this time, such as 5m, with an error; the drain stays (default: wait for as long as it takes)")
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
			if err := client.Confirm(ctx, args[0]); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), "what the guard maxRemove holds is let go, on this replica")
			return nil
		})
	c.Long = c.Short + ".\nIt counts for the replica that is asked. Each other one that holds them has to be asked too (--admin)."
	return c
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

// me names who runs the command.
func me() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = cmp.Or(u.Username, name)
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
