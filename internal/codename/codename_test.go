package codename_test

import (
	"encoding/json"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	"github.com/actorlb/grpclb/internal/codename"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gRPC reads the names as the codes that they are of.
func TestOf(t *testing.T) {
	for c := range codes.Code(codename.Count) {
		text, err := json.Marshal(codename.Of(c))
		if err != nil {
			t.Fatal(err)
		}
		var read codes.Code
		if err := read.UnmarshalJSON(text); err != nil || read != c {
			t.Errorf("%s is read as %v, error %v; want %v", text, read, err, c)
		}
	}
	if got := codename.Of(99); got != "UNKNOWN" {
		t.Errorf("99 is %s, want UNKNOWN", got)
	}
}
