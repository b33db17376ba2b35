package observe

import "time"

// mostLines is how many lines about backends are logged in a second. When a network fails, or a source takes all backends away and
// brings them back again and again, there are many more.
const mostLines = 20

// A journal bounds the lines of the log. It is a pure value.
type journal struct {
	since time.Time // when the second began
	said  int       // lines in it
	left  int       // lines that were left out
}

// take reports whether a line is to be logged.
func (j *journal) take(now time.Time) bool {
	if j.left == 0 && now.Sub(j.since) >= time.Second {
		j.since, j.said = now, 0
	}
	if j.said == mostLines {
		j.left++
		return false
	}
	j.said++
	return true
}

// due returns when sum has something to say; zero: never.
func (j *journal) due() time.Time {
	if j.left == 0 {
		return time.Time{}
	}
	return j.since.Add(time.Second)
}

// sum returns how many lines were left out in the second that is over.
func (j *journal) sum(now time.Time) (left int) {
	if j.left == 0 || now.Before(j.due()) {
		return 0
	}
	left = j.left
	*j = journal{since: now}
	return left
}
