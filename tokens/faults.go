package tokens

import "fmt"

// described is how many faults of a kind a list describes. The rest are only
// counted: a hundred thousand bad entries must not become as many texts.
const described = 16

// A Rejected is a server of the list that became no entry.
type Rejected struct {
	Index  int    // its place in the list as sent, from 0
	Reason string // for a log
}

// A Warning is a server of the list that became an entry although something
// is wrong with its token.
type Warning struct {
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
		l.Rejected = append(l.Rejected, Rejected{index, f.reason()})
	}
}

// warn counts a server whose token is out of order.
func (l *List) warn(index int, f fault) {
	if l.WarningCount++; l.WarningCount <= described {
		l.Warnings = append(l.Warnings, Warning{index, f.reason()})
	}
}
