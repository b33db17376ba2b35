package lbstream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mostWords is how many bytes of an error are passed on. A balancer ends its
// calls with a text of its own, which may fill the headers that gRPC takes (16 MiB
// of them), and it goes into the log and into the errors of calls.
const mostWords = 512

// brief returns err as it is fit to be repeated: one that is long is cut, and one
// that would not stay on its line is quoted.
func brief(err error) error {
	text := err.Error()
	if len(text) <= mostWords && utf8.ValidString(text) && !strings.ContainsFunc(text, unprintable) {
		return err
	}
	kept := text[:min(len(text), mostWords)]
	quoted := strconv.Quote(kept)
	if len(quoted) > mostWords+len(`""`) { // what can't be printed is up to four times as long
		kept = text[:min(len(text), mostWords/4)]
		quoted = strconv.Quote(kept)
	}
	if more := len(text) - len(kept); more > 0 {
		return fmt.Errorf("%s and %d bytes more", quoted, more)
	}
	return errors.New(quoted)
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }
