package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/clienttls"
	"github.com/actorlb/grpclb/grpclbd/internal/probe"
)

// probeCommand asks any balancer that speaks grpclb.
func probeCommand() *cobra.Command {
	o := probe.Options{}
	secure := secureFlags{}
	var headers []string
	c := &cobra.Command{
		Use:   "probe BALANCER SERVICE",
		Short: "Ask any grpclb balancer for the list of a service, and print it",
		Long: "Probe asks any grpclb balancer, as a client would, for the list of a service, and prints it.\n" +
			"BALANCER is HOST:PORT. SERVICE is the name that clients use, with its port if they dial with one.",
		Example: "  grpclbd probe 127.0.0.1:8080 greeter.example.com:443\n" +
			"  grpclbd probe -follow -header grpclb-zone=z1 127.0.0.1:8080 greeter.example.com:443",
		Args: words(2, 2),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if o.Patience <= 0 {
				return errors.New("-timeout is not a time such as 10s")
			}
			o.Balancer, o.Service = args[0], args[1]
			if o.Headers, err = pairs("header", headers); err != nil {
				return err
			}
			if secure.used() {
				if o.Creds, err = clienttls.New(secure.files); err != nil {
					return err
				}
			}
			return probe.Run(c.Context(), c.OutOrStdout(), o)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&o.Follow, "follow", false, "print each later list too, until you interrupt it")
	flags.DurationVar(&o.Patience, "timeout", 10*time.Second, "give up if no list has come after this time")
	flags.StringArrayVar(&headers, "header", nil, "a header of the stream, NAME=VALUE, such as grpclb-zone=z1; may be repeated")
	secure.add(flags, "the balancer")
	return c
}

// pairs reads the values of a flag that are NAME=VALUE.
func pairs(flag string, values []string) (map[string]string, error) {
	all := map[string]string{}
	for _, v := range values {
		name, value, found := strings.Cut(v, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("-%s %q is not NAME=VALUE", flag, v)
		}
		all[name] = value
	}
	return all, nil
}
