package source

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A dnsSource is the actor that looks a name up. Each look-up has a goroutine of its own, which posts the
// result and ends; one runs at a time.
type dnsSource struct {
	cfg    config.Source
	teller teller
	actors *actor.Group
	inbox  *actor.Inbox[dnsMessage]         // look-ups → run
	port   uint16                           // of the backends
	look   func(ctx context.Context) answer // does not change
}

func newDNS(cfg config.Source, t teller, actors *actor.Group) *dnsSource {
	d := &dnsSource{cfg: cfg, teller: t, actors: actors, inbox: actor.NewInbox[dnsMessage]()}
	host, port, err := hostPort(cfg.DNS)
	d.port, d.look = port, lookup{host, cfg.Resolve}.run
	if err != nil {
		d.look = func(context.Context) answer { return answer{err: err} }
	}
	return d
}

// hostPort takes the name of a DNS source apart.
func hostPort(name string) (string, uint16, error) {
	host, service, err := net.SplitHostPort(name)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not HOST:PORT", name)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil || port == 0 {
		return "", 0, fmt.Errorf("%q: the port is not from 1 to 65535", name)
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return "", 0, fmt.Errorf("%q has no name to look up; addresses go into a static source", name)
	}
	return host, uint16(port), nil
}

func (d *dnsSource) run(ctx context.Context) {
	core := &dnsCore{cfg: d.cfg, port: d.port, due: time.Now()}
	timer := actor.NewTimer()
	defer timer.Stop()
	defer d.inbox.Close()
	for {
		if core.start(time.Now()) {
			d.actors.Go(func(ctx context.Context) { d.inbox.Send(looked{d.look(ctx)}) })
		}
		timer.Set(core.due)
		select {
		case <-ctx.Done():
			return
		case <-timer.Ready():
			timer.Rang()
		case batch := <-d.inbox.Ready():
			messages := d.inbox.Open(batch)
			if ctx.Err() != nil {
				return // the look-up may have failed because it was told to end
			}
			for _, m := range messages {
				d.handle(core, m)
			}
		}
	}
}

func (d *dnsSource) handle(core *dnsCore, m dnsMessage) {
	switch m := m.(type) {
	case looked:
		if r, tell := core.looked(time.Now(), m.answer, rand.Float64()); tell {
			d.teller.tell(r)
		}
	default:
		panic(fmt.Sprintf("BUG: a source in DNS was told a %T", m))
	}
}
