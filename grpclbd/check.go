package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/admin"
	"github.com/actorlb/grpclb/grpclbd/internal/clienttls"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/daemon"
	"github.com/actorlb/grpclb/grpclbd/internal/servertls"
	"github.com/actorlb/grpclb/grpclbd/internal/source"
)

// checkCommand reads a configuration file and the files that it names, and does nothing else.
func checkCommand() *cobra.Command {
	alone := false
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a configuration file, and the files that it names",
		Long: "Check reads a configuration file and the files that it names. It prints each fault, and ends with an\n" +
			"error if the balancer would not start with them. What only keeps a service waiting, such as a file\n" +
			"of backends that is missing, is a warning. Relative paths count from the working directory.",
		Args: words(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := config.Read(args[0])
			if err != nil {
				return err
			}
			if !alone {
				for _, w := range waitsFor(cfg) {
					fmt.Fprintf(c.ErrOrStderr(), "warning: %s: %v\n", args[0], w)
				}
				if err := unusable(args[0], cfg); err != nil {
					return err
				}
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: no faults; services: %d\n", args[0], len(cfg.Services))
			return nil
		},
	}
	c.Flags().BoolVar(&alone, "alone", false, "check this file only, on a machine that does not have the files that it names")
	return c
}

// unusable says which files keep the balancer from starting, each with its field.
func unusable(name string, cfg *config.Config) error {
	var faults []error
	note := func(field string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %s%w", name, field, err))
		}
	}
	note("", admin.CheckToken(cfg))
	note("", daemon.CheckPolicy(cfg.Authz))
	if cfg.TLS != nil {
		note("tls: ", servertls.Check(*cfg.TLS))
	}
	if cfg.Access.TLS != nil {
		note("access.tls: ", servertls.Check(*cfg.Access.TLS))
	}
	note("store.", checkClient(cfg.Store.TLS))
	note("tracing.", checkClient(cfg.Tracing.TLS))
	return errors.Join(faults...)
}

// checkClient checks the files of connections that the balancer opens.
func checkClient(files *config.StoreTLS) error {
	if files == nil {
		return nil
	}
	_, err := clienttls.Config(*files)
	return err
}

// waitsFor says which files keep services from being ready.
func waitsFor(cfg *config.Config) (warnings []error) {
	for i, s := range cfg.Services {
		if s.Health != nil {
			if err := checkClient(s.Health.TLS); err != nil {
				warnings = append(warnings, fmt.Errorf("services[%d].health.%w", i, err))
			}
		}
		for j, src := range s.Sources {
			if src.File == "" {
				continue
			}
			if err := source.CheckFile(src); err != nil {
				warnings = append(warnings, fmt.Errorf("services[%d].sources[%d].file: %w", i, j, err))
			}
		}
	}
	return warnings
}
