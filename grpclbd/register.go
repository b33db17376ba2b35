package main

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/clienttls"
	"github.com/actorlb/grpclb/grpclbd/internal/enlist"
)

// registerCommand runs a server of any language, and registers it while it runs and is healthy.
func registerCommand() *cobra.Command {
	o := enlist.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	secure := secureFlags{}
	var etcd string
	var labels []string
	c := &cobra.Command{
		Use:   "register --service PREFIX --address IP:PORT [flags] -- COMMAND…",
		Short: "Run a server, and register it in etcd for as long as it runs and is healthy",
		Long: "Register runs a command and, as soon as it is healthy, registers it in etcd under a lease.\n" +
			"While the command is unhealthy it is not registered. When SIGTERM or SIGINT comes, register first\n" +
			"withdraws it from etcd, waits for --grace, and then sends the signal to the command. It ends with the\n" +
			"exit code of the command.",
		RunE: func(c *cobra.Command, words []string) (err error) {
			o.Command, o.Register.Etcd = words, split(etcd)
			if len(words) == 0 {
				return errors.New("the command is missing: write it behind --")
			}
			if o.Register.Labels, err = pairs("label", labels); err != nil {
				return err
			}
			if o.Register.TLS, err = secure.config(); err != nil {
				return err
			}
			return enlist.Run(c.Context(), o)
		},
	}
	flags := c.Flags()
	flags.StringVar(&etcd, "etcd", "http://127.0.0.1:2379", "client URLs of etcd, with commas between them")
	flags.StringVar(&o.Register.Service, "service", "", "the prefix in etcd, as in sources[].etcd of the balancer's configuration, such as services/greeter")
	flags.StringVar(&o.Register.Address, "address", "", "where clients reach the server, IP:PORT")
	flags.StringVar(&o.Register.Zone, "zone", "", "the zone of the server")
	flags.IntVar(&o.Register.Weight, "weight", 0, "how many calls it gets, compared to others (default: as the balancer's configuration says)")
	flags.StringVar(&o.Register.Token, "token", "", "the LB token that clients send to it with each call")
	flags.StringArrayVar(&labels, "label", nil, "a label, NAME=VALUE; may be repeated")
	flags.DurationVar(&o.Register.TTL, "ttl", 10*time.Second, "after how long etcd forgets it if this process has died")
	flags.StringVar(&o.Health, "health", enlist.HealthGRPC, "how health is checked: grpc, tcp or none")
	flags.StringVar(&o.Service, "health-service", "", "the name for grpc.health.v1 (default: the server as a whole)")
	flags.DurationVar(&o.Interval, "interval", time.Second, "between two checks")
	flags.DurationVar(&o.Grace, "grace", time.Second, "time between the withdrawal and the signal to the command, in which clients get the new list")
	secure.add(flags, "etcd")
	return c
}

// split splits a list at its commas.
func split(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
}

// config is nil without TLS.
func (f *secureFlags) config() (*tls.Config, error) {
	if !f.used() {
		return nil, nil
	}
	return clienttls.Config(f.files)
}
