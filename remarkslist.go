package grpclb

import (
	"fmt"
	"strings"

	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/tokens"
)

// remarkList remarks on the faults of a list: one line for all skipped entries and one
// for all tokens, however many there are.
func (m *machine) remarkList(list *tokens.List) {
	if n := list.RejectedCount; n > 0 {
		m.warnf(aboutEntries, "server list: %d entries skipped: %s", n, reasons(list.Rejected, n))
	}
	if n := list.WarningCount; n > 0 {
		m.warnf(aboutTokens, "server list: %d tokens out of specification: %s", n, reasons(list.Warnings, n))
	}
}

// reasons lists the faults that are known in detail, and says how many more there are.
func reasons(known []tokens.Remark, all int) string {
	var text []string
	for _, f := range known {
		text = append(text, fmt.Sprintf("entry %d: %s", f.Index, f.Reason))
	}
	if more := all - len(known); more > 0 {
		text = append(text, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(text, "; ")
}

// narrateList remarks on the list that is used now, if it differs from the one used before.
func (m *machine) narrateList() {
	if m.list == nil || m.list == m.noted {
		return
	}
	before := m.noted
	if m.noted = m.list; !m.list.Equal(before) {
		m.remark(diary.Info(aboutList, listChange{before, m.list}))
	}
}

// A listChange is the line about a list, compared with the one used before it; nil: there
// was none.
type listChange struct{ before, now *tokens.List }

// After compares with the list before those of which the log tells nothing.
func (c listChange) After(earlier fmt.Stringer) fmt.Stringer {
	return listChange{earlier.(listChange).before, c.now}
}

// String makes the line. It is made once a second at most, after the list is in use.
func (c listChange) String() string {
	came, went := c.now.BackendsNotIn(c.before), c.before.BackendsNotIn(c.now)
	return fmt.Sprintf("server list in use: %d entries, %d of them drops; backends that came: %s; backends that went: %s",
		len(c.now.Entries), c.now.Drops(), some(came), some(went))
}

// mostNamed is how many backends a line names.
const mostNamed = 8

// some names the first of the addresses, and says how many more there are.
func some(addrs []string) string {
	if len(addrs) == 0 {
		return "none"
	}
	text := strings.Join(addrs[:min(mostNamed, len(addrs))], ", ")
	if more := len(addrs) - mostNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
