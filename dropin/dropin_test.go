package dropin

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"github.com/actorlb/grpclb/dropin/internal/tell"
)

const (
	ours   = "github.com/actorlb/grpclb"
	grpcGo = "google.golang.org/grpc/balancer/grpclb"
)

// A registry is one per process, and so is the order in which its packages are
// initialised: each case is a program of its own.
func TestDropin_EitherOrderOfImports(t *testing.T) {
	for program, imports := range map[string][]string{
		"first": {ours + "/dropin", grpcGo},
		"last":  {grpcGo, ours + "/dropin"},
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			inOrder(t, program, imports)
			expect(t, program, tell.Report{Package: ours, SRV: true})
		})
	}
}

// inOrder fails the test if a program does not import these in this order: it is
// easily lost to a tool that sorts them.
func inOrder(t *testing.T, program string, want []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "internal/"+program+"/main.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range file.Imports {
		if path, _ := strconv.Unquote(i.Path.Value); slices.Contains(want, path) {
			got = append(got, path)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("it imports %q, want %q", got, want)
	}
}

// Without it, one has the name and the other's users don't know.
func TestDropin_Without(t *testing.T) {
	t.Parallel()
	expect(t, "without", tell.Report{Package: grpcGo, SRV: true})
}

// Nobody but dropin switches SRV look-ups on.
func TestDropin_OursAlone(t *testing.T) {
	t.Parallel()
	expect(t, "ours", tell.Report{Package: ours, SRV: false})
}

// expect runs a program of internal/ and compares what it prints. Go keeps what
// it has built, so only the first time takes a second.
func expect(t *testing.T, program string, want tell.Report) {
	t.Helper()
	var failure bytes.Buffer
	run := exec.CommandContext(t.Context(), "go", "run", "./internal/"+program)
	run.Stderr = &failure
	printed, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, failure.Bytes())
	}
	var got tell.Report
	if err := json.Unmarshal(printed, &got); err != nil {
		t.Fatalf("it prints %q: %v", printed, err)
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
