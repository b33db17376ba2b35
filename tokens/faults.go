package tokens

import "fmt"

// described is how many faults of a kind a list describes. The rest are only
// counted: a hundred thousand bad entries must not become as many texts.
const described = 16

// A Remark is on one server of a list: why it became no entry, or what is
// wrong with the token of the entry that it became.
type Remark struct {
	Index  int    // its place in the list as sent, from 0
	Reason string // for a log
}

// A fault is something wrong with a server: a format and the one number in
// it, not yet a text. The zero value is "nothing wrong".
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

// warn counts a server whose token is out of order.
func (l *List) warn(index int, f fault) {
	if l.WarningCount++; l.WarningCount <= described {
		l.Warnings = append(l.Warnings, Remark{index, f.reason()})
	}
}
