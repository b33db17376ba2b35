package diary

import "fmt"

// A Topic is what a remark is about. Each diary has topics of its own. That something began and
// that it ended is one topic, so that the last line about it says how things are.
type Topic uint8

// A Remark is a line for the log.
type Remark struct {
	about Topic
	info  bool // recovery, or a list; otherwise it is trouble
	text  fmt.Stringer
}

// Warningf returns a remark about trouble.
func Warningf(about Topic, format string, words ...any) Remark {
	return Remark{about: about, text: plain(fmt.Sprintf(format, words...))}
}

// Infof returns a remark about recovery, or about what is no trouble.
func Infof(about Topic, format string, words ...any) Remark {
	return Remark{about: about, info: true, text: plain(fmt.Sprintf(format, words...))}
}

// Info returns a remark whose text is not made before it is written.
func Info(about Topic, text fmt.Stringer) Remark { return Remark{about: about, info: true, text: text} }

// String returns the text.
func (r Remark) String() string { return r.text.String() }

type plain string

func (p plain) String() string { return string(p) }

// A Summary is a text that can also tell what the remarks before it would have told.
type Summary interface {
	fmt.Stringer
	// After returns the text for both: earlier was not written.
	After(earlier fmt.Stringer) fmt.Stringer
}

// after returns r in the place of earlier, which was not written.
func (r Remark) after(earlier Remark) Remark {
	if s, ok := r.text.(Summary); ok {
		r.text = s.After(earlier.text)
	}
	return r
}
