package fleet

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// An action is what the core wants done. The shell does the actions in their order.
type action interface{ isAction() }

// startSource: start a source, which speaks under this slot.
type startSource struct {
	slot   int
	source config.Source
}

// stopSource: stop the source of the slot.
type stopSource struct{ slot int }

// keep: this is what sources said last, for the next start.
type keep struct{ said []memory.Said }

// startWatcher: stop the watcher that there is, and start this one.
type startWatcher struct {
	watcher int
	health  *config.Health
	load    *config.Load
}

// stopWatcher: stop the watcher that there is. No backend is observed any more.
type stopWatcher struct{}

// watch: these are the backends to observe, sorted.
type watch struct{ addresses []string }

// setServers: clients of the class get this list.
type setServers struct {
	class   string
	servers []lbserver.Server
}

// setFallback: clients of the class use their fallback addresses.
type setFallback struct{ class string }

// removeClass: there are no clients of the class any more.
type removeClass struct{ class string }

// number: find out the numbers of the answers that were set last, and tell the core.
type number struct{}

// announce: tell the owner that clients may have the service.
type announce struct{}

// changedLists: tell whoever wants to know, and the log.
type changedLists struct {
	change view.Change
	empty  bool // no client gets a backend from now on, nor is told to use its fallback addresses
}

// line is the line of the log. An empty list is a warning.
func (a changedLists) line() say {
	level := slog.LevelInfo
	if a.empty {
		level = slog.LevelWarn
	}
	return say{level, "the lists have changed", []slog.Attr{
		slog.Int("from", a.change.From), slog.Int("to", a.change.To), slog.String("why", a.change.Why),
	}}
}

// say: write a line to the log.
type say struct {
	level slog.Level
	text  string
	attrs []slog.Attr
}

func (startSource) isAction()  {}
func (stopSource) isAction()   {}
func (keep) isAction()         {}
func (startWatcher) isAction() {}
func (stopWatcher) isAction()  {}
func (watch) isAction()        {}
func (setServers) isAction()   {}
func (setFallback) isAction()  {}
func (removeClass) isAction()  {}
func (number) isAction()       {}
func (announce) isAction()     {}
func (changedLists) isAction() {}
func (say) isAction()          {}

// do adds an action to what is to be done.
func (c *core) do(a action) { c.todo = append(c.todo, a) }

// info has a line logged that tells what happened.
func (c *core) info(text string, attrs ...slog.Attr) { c.do(say{slog.LevelInfo, text, attrs}) }

// warn has a line logged that somebody should look at.
func (c *core) warn(text string, attrs ...slog.Attr) { c.do(say{slog.LevelWarn, text, attrs}) }

// plural is "1 backend", "2 backends".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "s") {
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
