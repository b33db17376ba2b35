package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/credentials"

	"github.com/actorlb/grpclb/grpclbd/internal/clienttls"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/probe"
)

// probeCommand asks any balancer that speaks grpclb.
func probeCommand() *cobra.Command {
	o := probe.Options{}
	files := config.StoreTLS{}
	var secure bool
	var headers []string
	c := &cobra.Command{
		Use:   "probe BALANCER SERVICE",
		Short: "Ask any grpclb balancer for the list of a service, and print it",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, words []string) (err error) {
			o.Balancer, o.Service = words[0], words[1]
			if o.Headers, err = parse(headers); err != nil {
				return err
			}
			if o.Creds, err = probeCreds(secure, files); err != nil {
				return err
			}
			return probe.Run(c.Context(), c.OutOrStdout(), o)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&o.Follow, "follow", false, "print each later list too")
	flags.StringArrayVar(&headers, "header", nil, "a header of the stream, NAME=VALUE; may be repeated")
	flags.BoolVar(&secure, "tls", false, "the balancer has TLS")
	flags.StringVar(&files.CA, "ca", "", "file with the authorities that sign its certificate (default: the system's)")
	flags.StringVar(&files.Cert, "cert", "", "file with the client certificate")
	flags.StringVar(&files.Key, "key", "", "file with its key")
	return c
}

// parse reads NAME=VALUE.
func parse(headers []string) (map[string]string, error) {
	all := map[string]string{}
	for _, h := range headers {
		name, value, found := strings.Cut(h, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("--header %q is not NAME=VALUE", h)
		}
		all[name] = value
	}
	return all, nil
}

func probeCreds(secure bool, files config.StoreTLS) (credentials.TransportCredentials, error) {
	if !secure && files == (config.StoreTLS{}) {
		return nil, nil
	}
	return clienttls.New(files)
}
