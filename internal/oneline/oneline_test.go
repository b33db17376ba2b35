package oneline_test

import (
	"errors"
	"io"
	"testing"

	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/internal/oneline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestJoin(t *testing.T) {
	err := oneline.Join(nil, errors.New("a"), oneline.Join(io.EOF, errors.New("b")))
	if err.Error() != "a; EOF; b" || !errors.Is(err, io.EOF) {
		t.Errorf("got %q, which is io.EOF: %v", err, errors.Is(err, io.EOF))
	}
	if err := oneline.Join(nil, nil); err != nil {
		t.Errorf("of none: %v", err)
	}
}
