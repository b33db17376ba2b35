package grpclb_test

import (
	"testing"

	"go.uber.org/goleak"

	_ "github.com/actorlb/grpclb" // the policy under test
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
