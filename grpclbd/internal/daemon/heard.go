package daemon

import (
	"log/slog"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// mostOverrides is how many overrides that came or went at once are logged, a line each.
const mostOverrides = 20

// noteOverrides logs which overrides have come and gone, whichever replica was asked. Those that there are at the
// start are no news.
func (c *core) noteOverrides(all []override.Override) {
	if !c.told {
		return
	}
	var lines []inform
	for _, o := range missingIn(all, c.overrides) {
		lines = append(lines, inform{"an override is not in force any more", o.Attrs()})
	}
	for _, o := range missingIn(c.overrides, all) {
		lines = append(lines, inform{"an override is in force", o.Attrs()})
	}
	for _, line := range lines[:min(len(lines), mostOverrides)] {
		c.do(line)
	}
	if more := len(lines) - mostOverrides; more > 0 {
		c.do(inform{"more overrides have come or gone", []slog.Attr{slog.Int("overrides", more)}})
	}
}

// missingIn returns those of others that all has not, or has otherwise.
func missingIn(all, others []override.Override) (missing []override.Override) {
	has := map[string]override.Override{}
	for _, o := range all {
		has[keyOf(o)] = o
	}
	for _, o := range others {
		if had, there := has[keyOf(o)]; !there || !same(had, o) {
			missing = append(missing, o)
		}
	}
	return missing
}

func keyOf(o override.Override) string {
	return o.Service + "\x00" + string(o.Kind) + "\x00" + o.Subject()
}

// same reports whether two overrides of one key say the same.
func same(a, b override.Override) bool {
	return a.Value == b.Value && a.Who == b.Who && a.Why == b.Why && a.Since.Equal(b.Since) && a.Until.Equal(b.Until)
}
