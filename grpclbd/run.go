package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/daemon"
	"github.com/actorlb/grpclb/grpclbd/internal/logpipe"
	"github.com/actorlb/grpclb/grpclbd/internal/process"
	"github.com/actorlb/grpclb/grpclbd/internal/redact"
)

// A runFlags is what the command line says about the balancer.
type runFlags struct {
	path     string
	services []string
	listen   string
	admin    string
	store    string
	level    string
}

// command is the program: without a sub-command it is the balancer.
func command() *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use:           "grpclbd {--config FILE | --service NAME=IP:PORT,IP:PORT…}",
		Short:         "A balancer for gRPC clients that use the grpclb protocol",
		Version:       version(),
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(c *cobra.Command, _ []string) error { return run(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.path, "config", "", "the configuration file (YAML)")
	flags.StringArrayVar(&f.services, "service", nil, "a service and its backends, NAME=IP:PORT,IP:PORT…, in place of a file; may be repeated")
	flags.StringVar(&f.listen, "listen", "", "where clients ask, in place of what the file says (default 0.0.0.0:8080)")
	flags.StringVar(&f.admin, "admin", "", "where the page, the metrics and ctl are served, in place of what the file says (default 127.0.0.1:8081)")
	flags.StringVar(&f.store, "store", "", "folder of what is to survive a restart, in place of what the file says (default: a temporary one)")
	flags.StringVar(&f.level, "log", "", "debug, info, warn or error, in place of what the file says (default info)")
	c.AddCommand(checkCommand(), ctlCommand(), probeCommand(), registerCommand(), versionCommand())
	return c
}

// config reads the file or the flags.
func (f *runFlags) config() (*config.Config, error) {
	if (f.path == "") == (len(f.services) == 0) {
		return nil, errors.New("give either -config FILE or -service NAME=IP:PORT,IP:PORT…")
	}
	var cfg *config.Config
	var err error
	if f.path != "" {
		cfg, err = config.Read(f.path)
	} else {
		cfg, err = config.FromFlags(f.services)
	}
	if err != nil {
		return nil, err
	}
	return f.override(cfg)
}

// override puts what the command line says in place of what the file says.
func (f *runFlags) override(cfg *config.Config) (*config.Config, error) {
	for _, o := range []struct {
		flag  string
		field *string
	}{{f.listen, &cfg.Listen}, {f.admin, &cfg.Admin}, {f.store, &cfg.Store.Dir}, {f.level, &cfg.Log.Level}} {
		if o.flag != "" {
			*o.field = o.flag
		}
	}
	return cfg, cfg.Check()
}

// run is the balancer until a signal comes. A second signal ends it at once. SIGHUP never
// does, and neither does the end of whoever reads the log.
func run(ctx context.Context, f *runFlags) error {
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, syscall.SIGHUP) // until the process has ended
	signal.Ignore(syscall.SIGPIPE)
	cfg, err := f.config()
	if err != nil {
		return err
	}
	out := logpipe.New(os.Stderr)
	defer out.Close()
	log := newLog(cfg.Log, out)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process as it does without a handler
	opts := daemon.Options{Config: cfg, Path: f.path, Version: version(), Log: log}
	return process.Run(ctx, opts, reloads{f, hangUps, log})
}

// Reloads have the configuration's file read when it changes and at SIGHUP.
type reloads struct {
	flags   *runFlags
	hangUps <-chan os.Signal
	log     *slog.Logger
}

// Accompany makes reloads a companion of the balancer.
func (r reloads) Accompany(ctx context.Context, d *daemon.Daemon) {
	if r.flags.path == "" {
		return
	}
	file := config.Watch(r.flags.path, reloaded{r.flags, d}, r.log)
	defer file.Stop()
	for {
		select {
		case <-r.hangUps:
			file.Nudge()
		case <-ctx.Done():
			return
		}
	}
}

// A reloaded is the owner of the file: what the command line says counts also for what is read
// later.
type reloaded struct {
	flags  *runFlags
	daemon *daemon.Daemon
}

func (r reloaded) ConfigSaid(cfg *config.Config, now time.Time) {
	if _, err := r.flags.override(cfg); err != nil {
		r.daemon.ConfigRefused(err, now)
		return
	}
	r.daemon.ConfigSaid(cfg, now)
}

func (r reloaded) ConfigRefused(why error, now time.Time) { r.daemon.ConfigRefused(why, now) }

// newLog returns the log, which is written to w.
func newLog(cfg config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level)) // the configuration was checked
	opts := &slog.HandlerOptions{Level: level, ReplaceAttr: redact.Attr}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
