package operator

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// quickstart is the path of the program.
var quickstart string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "quickstart")
	if err != nil {
		panic(err)
	}
	quickstart = filepath.Join(dir, "quickstart")
	build := exec.Command("go", "build", "-o", quickstart, "./examples/quickstart")
	build.Dir = "../.."
	if text, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v: %s", err, text))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir) // it is in the directory for temporary files
		os.Exit(code)
	}))
}
