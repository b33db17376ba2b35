package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
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
			"share a store. It lasts until it is lifted, or until its time (--for) is over. It replaces an earlier one\n" +
			"of the same kind, service and subject, with its --why and --for.\n" +
			"\"ctl overrides\" prints all that are in force. Flags may have one dash or two.",
	})
	flags := c.PersistentFlags()
	flags.StringVar(&f.Admin, "admin", "127.0.0.1:8081", "admin address of the balancer, HOST:PORT")
	flags.StringVar(&f.TokenFile, "token-file", "", "file with the bearer token (access.tokenFile of the balancer)")
	f.secure.add(flags, "the admin port")
	c.AddCommand(f.questions()...)
	c.AddCommand(f.orders()...)
	c.AddCommand(helpOf(c))
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
