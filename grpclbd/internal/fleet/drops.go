package fleet

import (
	"log/slog"
	"slices"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// dropped returns the drops of the configuration and of the overrides; of the same token an override
// counts.
func (o *overrides) dropped(configured []config.Drop) []config.Drop {
	all := slices.Clone(o.drops)
	for _, d := range configured {
		if !o.hasDrop(d.Token) && d.Percent > 0 {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, byToken)
	return all
}

// hasDrop reports whether an override drops calls under the token.
func (o *overrides) hasDrop(token string) bool {
	return slices.ContainsFunc(o.drops, func(d config.Drop) bool { return d.Token == token })
}

// viewDrops returns the drops that are in force.
func (c *core) viewDrops() (all []view.Drop) {
	for _, d := range c.overrides.dropped(c.cfg.Drops) {
		all = append(all, view.Drop{Token: d.Token, Percent: d.Percent, Override: c.overrides.hasDrop(d.Token)})
	}
	return all
}

// overdropped returns the drops if they are more than all calls together; "": they are not. Each replica refuses an
// override that would be too much, but the configuration may change later. Then all calls are dropped, and the tokens
// share them in proportion.
func (c *core) overdropped() string {
	percent, which := view.Dropped(c.viewDrops())
	if percent <= 100 {
		return ""
	}
	return which
}

// logDrops logs when drops begin and end to be more than all calls.
func (c *core) logDrops() {
	now := c.overdropped()
	switch {
	case now == c.tooManyDrops:
	case now == "":
		c.info("drops add up to no more than 100 % again")
	default:
		c.warn("drops add up to more than 100 %, so all calls are dropped, in proportion", slog.String("why", now))
	}
	c.tooManyDrops = now
}
