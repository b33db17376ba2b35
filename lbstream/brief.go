package lbstream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/status"
)

// mostWords is how many bytes of an error go into the log and into the errors of calls. A
// balancer chooses the text that its stream ends with, up to the 16 MiB of headers that
// gRPC accepts.
const mostWords = 512

// brief returns err in a form for the log: a long text is cut, and a text with line breaks
// or other unprintable characters is quoted. The details of a status are left out.
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
	if len(quoted) > mostWords+len(`""`) { // quoting makes a character up to four times as long
		kept = text[:min(len(text), mostWords/4)]
		quoted = strconv.Quote(kept)
	}
	if more := len(text) - len(kept); more > 0 {
		return fmt.Errorf("%s and %d bytes more", quoted, more)
	}
	return errors.New(quoted)
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }
