package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// home is the package whose tests have the scenes.
const home = "github.com/actorlb/grpclb/bench/compare"

// A scene is one row of the table, before anybody has played it.
type scene struct {
	name   string // of the subtest
	rule   string // of docs/behaviour.md
	should string // what should happen
}

// patience is how long a scene may take. The slowest takes two seconds: what
// is waited for in a bubble takes no time.
const patience = 30 * time.Second

// A contender is a test binary with one of the policies in it.
type contender struct{ binary string }

// build compiles the tests, with these arguments to go test besides.
func build(ctx context.Context, dir, name string, args ...string) (contender, error) {
	c := contender{filepath.Join(dir, name)}
	args = append([]string{"test", "-c", "-o", c.binary}, append(args, home)...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return contender{}, fmt.Errorf("building the tests with %v: %w", cmd.Args, err)
	}
	return c, nil
}

// scenes asks for all there are.
func (c contender) scenes(ctx context.Context) ([]scene, error) {
	out, err := exec.CommandContext(ctx, c.binary, "-list-scenes").Output()
	if err != nil {
		return nil, fmt.Errorf("listing the scenes: %w", err)
	}
	scenes := readScenes(out)
	if len(scenes) == 0 {
		return nil, fmt.Errorf("the tests have no scenes: %q", out)
	}
	return scenes, nil
}

// play plays a scene in a process of its own, and returns what came of it.
func (c contender) play(ctx context.Context, s scene) verdict {
	// Some time more than the process gives itself: then this process ends it.
	ctx, cancel := context.WithTimeout(ctx, patience+5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.binary,
		"-test.run", "^TestScenes$/^"+s.name+"$", "-verdicts", "-test.timeout", patience.String())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return readVerdict(out.String(), err, ctx.Err() != nil)
}
