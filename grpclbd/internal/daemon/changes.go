package daemon

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// noteReload logs that the file has no fault any more, and which services differ from those before. The start
// is no reload.
func (c *core) noteReload(before []config.Service) {
	if c.file.Loaded.IsZero() {
		return
	}
	if c.file.Error != "" {
		c.do(inform{"the configuration has no fault any more", nil})
	}
	if with := differences(before, c.wanted); len(with) > 0 {
		c.do(inform{"the configuration has changed", with})
	}
}

// differences names the services that were added, changed and removed.
func differences(before, now []config.Service) (with []slog.Attr) {
	old := map[string]config.Service{}
	for _, s := range before {
		old[s.Name] = s
	}
	var added, changed, removed []string
	for _, s := range now {
		if was, there := old[s.Name]; !there {
			added = append(added, s.Name)
		} else if !reflect.DeepEqual(was, s) {
			changed = append(changed, s.Name)
		}
		delete(old, s.Name)
	}
	for _, s := range before {
		if _, gone := old[s.Name]; gone {
			removed = append(removed, s.Name)
		}
	}
	for _, part := range []struct {
		key   string
		names []string
	}{{"added", added}, {"changed", changed}, {"removed", removed}} {
		if len(part.names) > 0 {
			with = append(with, slog.String(part.key, firstOf(part.names)))
		}
	}
	return with
}

// firstOf names the first ten, and says how many there are besides.
func firstOf(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
