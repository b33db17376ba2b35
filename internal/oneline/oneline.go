// Package oneline joins errors in one line, for logs and for the messages of gRPC statuses.
// errors.Join puts each error on a line of its own.
package oneline

import (
	"errors"
	"strings"
)

// Join returns an error that has the texts of errs with "; " between them, and wraps
// each. Those that are nil are left out; if all are, it returns nil.
func Join(errs ...error) error {
	all := errors.Join(errs...)
	if all == nil {
		return nil
	}
	return joined{all}
}

type joined struct{ error }

func (j joined) Error() string { return strings.ReplaceAll(j.error.Error(), "\n", "; ") }

func (j joined) Unwrap() error { return j.error }
