package lbstream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/status"
)

// mostWords is how many bytes of an error are passed on. A balancer ends its
// calls with a text of its own, which may fill the headers that gRPC takes (16 MiB
// of them), and it goes into the log and into the errors of calls.
const mostWords = 512

// brief returns err as it is fit to be repeated and kept: one that is long is cut,
// and one that would not stay on its line is quoted. Of a status, the details are
// left out, which nobody asks for and which may be as long.
func brief(err error) error {
	text := err.Error()
	if len(text) <= mostWords && utf8.ValidString(text) && !strings.ContainsFunc(text, unprintable) {
		if s, ok := status.FromError(err); ok && len(s.Proto().GetDetails()) > 0 {
			return status.Error(s.Code(), s.Message())
		}
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
