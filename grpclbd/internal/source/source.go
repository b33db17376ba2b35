// Package source finds the backends of a service: in the configuration, a file, DNS or etcd.
//
// Each source is an actor of its own. It tells its owner what it has found, or that it could
// not find out. It never says "none" when it means "I don't know" (rule source.last-known).
// It repeats what it said whenever it has found that to be still so; see [backend.Report].
//
// A source does not log its failures: the owner hears them in reports, each once, and knows
// the service they are about.
//
// # What each kind does
//
// A static source speaks once, at once.
//
// A file has a YAML list of backends, each an address or a map with address, zone, weight,
// token and labels. It is read again 50 ms after it has changed, and every 3 s. "[]" is none; an empty
// file, a file that is gone and one with a fault are errors.
//
// A name in DNS has A and AAAA records; both questions must be answered. Each is a fresh
// look-up, not through the system's cache or /etc/hosts. A name with a dot at its end is asked
// for as it is; another is completed with the search domains of /etc/resolv.conf as the system
// does it. If a name server is given (resolve), only that one is asked, and no search domain
// is used. A name that does not exist or has no address is an error. The next look-up
// follows after the shortest TTL of the answer, at least 5 s and at most 5 min, or after a
// failure 1 s and then longer, up to 30 s.
//
// A prefix in etcd has backends as etcd's own client/v3/naming/endpoints writes them. It is
// read once and then watched from that revision. Every 2 s the source asks how many keys there are: so it
// notices that etcd is away, and that the watch is stuck. While etcd does not open the watch, all is read
// again every few seconds.
package source

import (
	"context"
	"fmt"
	"log/slog"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// An Owner hears what a source says, in order. The methods only post messages. A goroutine of
// the source calls them; when Stop has returned, they are not called any more.
type Owner interface {
	// SourceSaid: the source with that index among the service's sources has a report.
	SourceSaid(index int, r backend.Report)
}

// Deps are what sources need beside their configuration.
type Deps struct {
	Etcd *clientv3.Client // for sources in etcd; nil: those fail
	Log  *slog.Logger
}

// A Source is the handle of one.
type Source struct{ actors *actor.Group }

// Start starts a source. Whatever is wrong with cfg becomes an error in a report.
func Start(cfg config.Source, index int, owner Owner, deps Deps) *Source {
	s := &Source{actor.NewGroup()}
	t := teller{index, owner}
	kind, name := Describe(cfg)
	log := deps.Log.With("source", kind+" "+name)
	switch kind {
	case "static":
		s.actors.Go(func(context.Context) { t.tell(static(cfg)) })
	case "file":
		s.actors.Go(func(ctx context.Context) { runFile(ctx, cfg, t, log) })
	case "dns":
		s.actors.Go(newDNS(cfg, t, s.actors).run)
	case "etcd":
		s.actors.Go(newEtcd(cfg, t, s.actors, deps.Etcd, log).run)
	}
	return s
}

// Stop ends the source and returns when it has ended.
func (s *Source) Stop() { s.actors.Stop() }

// Describe returns the kind of a source (static, file, dns, etcd), and which file, name or
// prefix it reads; of a static one the addresses, if they are few.
func Describe(cfg config.Source) (kind, name string) {
	switch {
	case cfg.File != "":
		return "file", cfg.File
	case cfg.DNS != "":
		return "dns", cfg.DNS
	case cfg.Etcd != "":
		return "etcd", cfg.Etcd
	}
	switch n := len(cfg.Static); n {
	case 0:
		return "static", ""
	case 1:
		return "static", cfg.Static[0]
	default:
		return "static", fmt.Sprintf("%s and %d more", cfg.Static[0], n-1)
	}
}

// A teller tells the owner.
type teller struct {
	index int
	owner Owner
}

func (t teller) tell(r backend.Report) { t.owner.SourceSaid(t.index, r) }
