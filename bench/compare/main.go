// Command compare plays the same scenes to this policy and to grpc-go's own
// grpclb, and prints who holds which rule:
//
//	go run ./bench/compare
//
// A scene is a function of the tests beside this file. It sees a channel, a
// scripted balancer and backends, all in a testing/synctest bubble, and never
// learns which policy it is that picks. That is settled when the tests are built:
// without tags they import this module's policy and not grpc-go's, with the tag
// grpcgo it is the other way round. So neither can get in the way of the other,
// which has the same name.
//
// Each scene of each policy is run in a process of its own. A policy that
// panics or spins loses that row and no other.
//
// It exits with 1 if this policy breaks a row, and with 2 if it can't compare.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// patience is how long a scene may take. The slowest takes two seconds: what
// is waited for in a bubble takes no time.
const patience = 30 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		log.Fatal(err)
	}
	held, err := compare(ctx, dir)
	_ = os.RemoveAll(dir) // nothing depends on its being gone
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(2)
	case !held:
		os.Exit(1)
	}
}

// compare prints the table and reports whether this policy holds every row.
func compare(ctx context.Context, dir string) (held bool, err error) {
	ours, peer := filepath.Join(dir, "ours"), filepath.Join(dir, "peer")
	const home = "github.com/actorlb/grpclb/bench/compare"
	if _, err := run(ctx, "go", "test", "-c", "-o", ours, home); err != nil {
		return false, err
	}
	if _, err := run(ctx, "go", "test", "-c", "-o", peer, "-tags", "grpcgo", home); err != nil {
		return false, err
	}
	version, err := run(ctx, "go", "list", "-m", "-f", "{{.Version}}", "google.golang.org/grpc")
	if err != nil {
		return false, err
	}
	scenes, err := run(ctx, ours, "-list-scenes")
	if err != nil {
		return false, err
	}
	fmt.Print("| rule | what should happen | this policy | grpc-go's grpclb |\n|---|---|---|---|\n")
	rows, oursHold, peerHolds := 0, 0, 0
	for line := range strings.Lines(scenes) {
		f := strings.Split(strings.TrimSpace(line), separator)
		if len(f) != 3 {
			return false, fmt.Errorf("a scene is %q", line)
		}
		name, rule, should := f[0], f[1], f[2]
		v, w := play(ctx, ours, name), play(ctx, peer, name)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		fmt.Printf("| `%s` | %s | %s | %s |\n", rule, cell(should), v, w)
		rows++
		if v.holds {
			oursHold++
		}
		if w.holds {
			peerHolds++
		}
	}
	fmt.Printf("\n%d rows: this policy holds %d, grpc-go's grpclb (%s) holds %d.\n", rows, oursHold, strings.TrimSpace(version), peerHolds)
	return oursHold == rows && rows > 0, nil
}

// run returns what a command prints.
func run(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%v: %w", cmd.Args, err)
	}
	return string(out), err
}

// play plays a scene in a process of its own, and returns its verdict.
func play(ctx context.Context, binary, scene string) verdict {
	// Some time more than the process gives itself: then this process ends it.
	ctx, cancel := context.WithTimeout(ctx, patience+5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary,
		"-test.run", "^TestScenes$/^"+scene+"$", "-verdicts", "-test.timeout", patience.String()).CombinedOutput()
	return read(string(out), err, ctx.Err() != nil)
}

// What the tests print for this command are lines of fields that are separated so.
// The first field of a verdict is verdictWord.
const (
	verdictWord = "VERDICT" // then holds or breaks, and what was seen
	separator   = "\t"
)

// A verdict is the result of a scene.
type verdict struct {
	holds bool
	seen  string
}

// read makes sense of what a process printed that played one scene, and of how it
// ended. A process that ended badly has not held the rule, whatever it said before.
func read(out string, ended error, killed bool) verdict {
	v := verdict{seen: "no verdict"}
	crash, complaint := "", ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		_, text, found := strings.Cut(line, ".go:")
		switch f := strings.Split(line, separator); {
		case f[0] == verdictWord && len(f) == 3:
			v = verdict{f[1] == "holds", f[2]}
		case crash == "" && (strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")):
			crash = line
		case complaint == "" && found: // FILE.go:LINE: why a test fails
			_, complaint, _ = strings.Cut(text, ": ")
		}
	}
	switch {
	case killed || strings.HasPrefix(crash, "panic: test timed out"):
		return verdict{false, "hung: no end after " + patience.String()}
	case crash != "":
		return verdict{false, strings.TrimPrefix(v.seen+"; crashed: "+crash, "no verdict; ")}
	case ended != nil && (v.holds || v.seen == "no verdict"):
		return verdict{false, fmt.Sprintf("%s: %s (%v)", v.seen, complaint, ended)}
	}
	return v
}

// String is a cell of the table.
func (v verdict) String() string {
	if v.holds {
		return "holds: " + cell(v.seen)
	}
	return "**breaks**: " + cell(v.seen)
}

// cell is text that does not end the cell it is in.
func cell(text string) string {
	const longest = 150 // bytes of an error's text
	text = strings.NewReplacer("\n", " ", "|", "\\|", "<", "&lt;", ">", "&gt;").Replace(strings.TrimSpace(text))
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + " …"
	}
	return text
}
