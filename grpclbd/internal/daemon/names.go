package daemon

import (
	"log/slog"
	"maps"
	"slices"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// name decides which service clients get for each name that they may ask for (rule
// config.names-move). If a name is another service's than before, or the caller knows that
// clients may be of other classes, connected clients are placed anew. Services that are not needed
// any more are stopped after that.
func (c *core) name(others bool) {
	before := c.names
	c.names = c.owners(before)
	for name, service := range before {
		others = others || c.names[name] != service
	}
	for _, service := range c.unneeded() {
		delete(c.waiting, service)
	}
	c.do(list{c.names})
	c.noteLate()
	if others {
		c.review()
	}
	c.release()
}

// review has connected clients placed anew.
func (c *core) review() {
	c.reviews++
	c.do(review{c.reviews})
}

// policyChanged has connected clients placed anew: some may not have their service any more.
func (c *core) policyChanged() {
	c.do(inform{"the authorization policy has changed", nil})
	c.review()
}

// owners gives each name of the configuration to its service. While that is not ready, a service
// keeps the name that had it before and that clients may have.
func (c *core) owners(before map[string]string) map[string]string {
	owners := map[string]string{}
	for _, s := range c.wanted {
		for _, name := range namesOf(s) {
			owners[name] = s.Name
			if had := before[name]; had != s.Name && c.waiting[s.Name] && c.serves(had) {
				owners[name] = had
			}
		}
	}
	return owners
}

func namesOf(s config.Service) []string { return append([]string{s.Name}, s.Aliases...) }

// noteLate logs, once each, the names that go on to be those of another service than
// the configuration says.
func (c *core) noteLate() {
	late := map[string]bool{}
	for _, s := range c.wanted {
		for _, name := range namesOf(s) {
			if had := c.names[name]; had != s.Name {
				late[name] = true
				if !c.late[name] {
					c.do(inform{"a name stays with the service that had it until the new one is ready",
						[]slog.Attr{slog.String("name", name), slog.String("service", s.Name), slog.String("from", had)}})
				}
			}
		}
	}
	c.late = late
}

// serves reports whether clients may have the service.
func (c *core) serves(service string) bool {
	_, runs := c.running[service]
	return runs && !c.waiting[service]
}

// unneeded returns the services that run, are not configured and have no name, sorted.
func (c *core) unneeded() (all []string) {
	needed := map[string]bool{}
	for _, s := range c.wanted {
		needed[s.Name] = true
	}
	for _, service := range c.names {
		needed[service] = true
	}
	for _, service := range slices.Sorted(maps.Keys(c.running)) {
		if !needed[service] {
			all = append(all, service)
		}
	}
	return all
}

// placed notes that connected clients were placed anew, and how many have moved. A
// later review may still go on.
func (c *core) placed(number, moved int, err error) {
	if moved > 0 {
		c.do(inform{"connected clients have moved to another service or class", []slog.Attr{slog.Int("clients", moved)}})
	}
	if err != nil {
		c.do(warn{"some connected clients could not be moved yet: they read nothing", []slog.Attr{slog.String("why", err.Error())}})
	}
	c.reviewed = number
	c.release()
}

// release stops the services that are not needed any more, unless their clients are being placed
// anew.
func (c *core) release() {
	if c.reviewed != c.reviews {
		return
	}
	for _, service := range c.unneeded() {
		delete(c.running, service)
		c.do(stop{service})
	}
}

// sameClasses reports whether clients are of the same classes with both configurations of a
// service.
func sameClasses(a, b config.Service) bool {
	return (a.Subset > 0) == (b.Subset > 0) && (a.Zones == nil) == (b.Zones == nil) &&
		(a.Zones == nil || maps.Equal(a.Zones.Clients, b.Zones.Clients))
}
