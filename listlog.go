package grpclb

import (
	"fmt"
	"strings"

	"github.com/actorlb/grpclb/tokens"
)

// remarkList remarks on the faults of a list: one line for all skipped entries and one
// for all tokens, however many there are.
func (m *machine) remarkList(list *tokens.List) {
	if n := list.RejectedCount; n > 0 {
		m.remark(aboutEntries, "server list: %d entries skipped: %s", n, reasons(list.Rejected, n))
	}
	if n := list.WarningCount; n > 0 {
		m.remark(aboutTokens, "server list: %d tokens out of specification: %s", n, reasons(list.Warnings, n))
	}
}

// remarkEmpty remarks that the balancer's list is empty, once until a list is not.
func (m *machine) remarkEmpty() {
	if m.empty {
		return
	}
	m.empty = true
	m.remark(aboutEmpty, "the balancer's server list is empty: %s", m.onEmpty())
}

// remarkFull remarks on the first list that is not empty after one that was.
func (m *machine) remarkFull() {
	if m.empty {
		m.empty = false
		m.remark(aboutFull, "the balancer's server list is no longer empty")
	}
}

// onEmpty says what an empty list means for calls.
func (m *machine) onEmpty() string {
	switch how := m.config.EmptyServerList; {
	case m.mode == fallback:
		return "the fallback addresses stay in use"
	case how == KeepOnEmpty && m.list != nil:
		return "the list before it stays in use"
	case how == FailOnEmpty:
		return "calls fail"
	default:
		return "calls wait"
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
