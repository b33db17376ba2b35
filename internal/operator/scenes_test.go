package operator

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// scenes are the breaks of the quickstart, in order: each begins when the phase of this name has been
// measured. The first one is before the first phase.
var scenes = []string{
	"no list yet",
	"first list",
	"weights 1, 2, 3 by repetition",
	"handover to other backends",
	"25 % drops",
	"no drops, and b 3 is down",
	"balancer killed",
	"its backends killed too: fallback",
	"balancer back",
}

// A play is a quickstart that runs.
type play struct {
	*testing.T
	url     string            // of lbdebug
	servers map[string]string // the addresses of "b 1", "fb 1" and "balancer"
	keys    io.Writer
	lines   *bufio.Scanner
}

// startPlay starts the quickstart. When the test is over, so must the quickstart be, with success.
func startPlay(t *testing.T) *play {
	t.Helper()
	program := exec.Command(quickstart, "-look", "127.0.0.1:0")
	program.Stderr = os.Stderr
	keys, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	printed, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	p := &play{T: t, servers: map[string]string{}, keys: keys, lines: bufio.NewScanner(printed)}
	t.Cleanup(func() {
		if t.Failed() {
			_ = keys.Close() // ends it at its next break
		}
		for p.lines.Scan() {
			t.Log(p.lines.Text())
		}
		if err := program.Wait(); err != nil {
			t.Errorf("the quickstart: %v", err)
		}
	})
	p.url = strings.TrimPrefix(p.line(), "look at ")
	for server := range strings.SplitSeq(p.line(), ", ") {
		space := strings.LastIndex(server, " ")
		p.servers[server[:space]] = server[space+1:]
	}
	return p
}

// each runs look in each scene.
func (p *play) each(look func(scene string)) {
	for _, scene := range scenes {
		for !strings.HasPrefix(p.line(), "Enter for: ") {
		}
		look(scene)
		p.enter()
	}
}

func (p *play) enter() {
	p.Helper()
	if _, err := io.WriteString(p.keys, "\n"); err != nil {
		p.Fatal(err)
	}
}

// line returns the next line that the quickstart prints.
func (p *play) line() string {
	p.Helper()
	if !p.lines.Scan() {
		p.Fatalf("the quickstart has ended: %v", p.lines.Err())
	}
	p.Log(p.lines.Text())
	return p.lines.Text()
}
