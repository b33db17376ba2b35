package main

import (
	"errors"
	"fmt"
	"io/fs"

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
			"error if there is one. A file of a service that is not there yet, such as one of backends, is a\n" +
			"warning: the service waits for it. Relative paths count from the working directory.",
		Args: words(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := config.Read(args[0])
			if err != nil {
				return err
			}
			missing := ""
			if !alone {
				warnings, faulty := filesOfServices(args[0], cfg)
				for _, w := range warnings {
					fmt.Fprintf(c.ErrOrStderr(), "warning: %v\n", w)
				}
				if err := errors.Join(unusable(args[0], cfg), errors.Join(faulty...)); err != nil {
					return err
				}
				missing = count(len(warnings))
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: no faults%s; services: %d\n", args[0], missing, len(cfg.Services))
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

// count says how many warnings there were.
func count(warnings int) string {
	switch warnings {
	case 0:
		return ""
	case 1:
		return ", 1 warning"
	}
	return fmt.Sprintf(", %d warnings", warnings)
}

// filesOfServices says which files keep services from being ready: a warning for each that is not there
// yet, a fault for each that is there and can't be used.
func filesOfServices(name string, cfg *config.Config) (warnings, faulty []error) {
	note := func(field string, err error) {
		if err == nil {
			return
		}
		at := fmt.Errorf("%s: %s%w", name, field, err)
		if errors.Is(err, fs.ErrNotExist) {
			warnings = append(warnings, at)
		} else {
			faulty = append(faulty, at)
		}
	}
	for i, s := range cfg.Services {
		if s.Health != nil {
			note(fmt.Sprintf("services[%d].health.", i), checkClient(s.Health.TLS))
		}
		for j, src := range s.Sources {
			if src.File != "" {
				note(fmt.Sprintf("services[%d].sources[%d].file: ", i, j), source.CheckFile(src))
			}
		}
	}
	return warnings, faulty
}
