package tokens

import "fmt"

// described is how many faults of each kind a list describes. The others are only
// counted: a list may have a hundred thousand invalid servers.
const described = 16

// A Remark is about one server of a list: why it was skipped, or what is wrong with
// its token.
type Remark struct {
	Index  int    // its place in the list as sent, from 0
	Reason string // for a log
}

// A fault is what is wrong with a server, as a format and its one number. It becomes a
// text only if that is needed. The zero value means that nothing is wrong.
type fault struct {
	format string
	n      int
}

func (f fault) reason() string { return fmt.Sprintf(f.format, f.n) }

// reject counts a server that is skipped.
func (l *List) reject(index int, f fault) {
	if l.RejectedCount++; l.RejectedCount <= described {
		l.Rejected = append(l.Rejected, Remark{index, f.reason()})
	}
}

// warn counts a server with a fault in its token.
func (l *List) warn(index int, f fault) {
	if l.WarningCount++; l.WarningCount <= described {
		l.Warnings = append(l.Warnings, Remark{index, f.reason()})
	}
}
