//go:build foreign

package foreign

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"google.golang.org/grpc/codes"
)

// python returns a python3 that has the module grpc, or "".
func python() string {
	for _, name := range []string{os.Getenv("FOREIGN_PYTHON"), "python3", "/usr/bin/python3"} {
		if name != "" && exec.Command(name, "-c", "import grpc").Run() == nil {
			return name
		}
	}
	return ""
}

// A pythonClient has a Python process for each channel.
type pythonClient struct{ program string }

// What C-core does differently.
func (pythonClient) traits() traits { return traits{failsOnEmpty: true, deafToSameList: true} }

func (c pythonClient) open(t testing.TB, target, root string) channel {
	cmd := exec.Command(c.program, "testdata/client.py")
	cmd.Env = append(os.Environ(), "GRPC_DNS_RESOLVER=ares")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // ends it
		_ = cmd.Wait()
	})
	p := &process{TB: t, in: in, out: bufio.NewReader(out)}
	p.order(order{Do: "open", Target: target, Root: root, Options: map[string]any{
		"grpc.dns_enable_srv_queries": 1,
		"grpc.service_config":         serviceConfig("grpclb"),
	}})
	return p
}

// A process is a channel in a process of its own.
type process struct {
	testing.TB
	in  io.Writer
	out *bufio.Reader
}

// An order is one line to the process.
type order struct {
	Do      string         `json:"do"`
	Channel int            `json:"channel"`
	Target  string         `json:"target,omitempty"`
	Root    string         `json:"root,omitempty"`
	Options map[string]any `json:"options,omitempty"`
	N       int            `json:"n"`
	Wait    bool           `json:"wait"`
	Timeout float64        `json:"timeout"` // in seconds
}

// A reply is one line from it.
type reply struct {
	Answers []struct {
		Body   []byte
		Code   codes.Code
		Detail string
	}
}

func (p *process) calls(n int, how how) []answer { return p.order(p.made("calls", n, how)) }
func (p *process) begin(how how)                 { p.order(p.made("begin", 0, how)) }
func (p *process) end() []answer                 { return p.order(order{Do: "end"}) }

func (p *process) made(do string, n int, how how) order {
	return order{Do: do, N: n, Wait: how.wait, Timeout: how.timeout.Seconds()}
}

// order has the process do something, and waits until it has.
func (p *process) order(o order) (answers []answer) {
	if err := json.NewEncoder(p.in).Encode(o); err != nil {
		p.Fatalf("telling the process to %s: %v", o.Do, err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		p.Fatalf("the process was told to %s, and ended: %v", o.Do, err)
	}
	var said reply
	if err := json.Unmarshal(line, &said); err != nil {
		p.Fatalf("the process was told to %s, and said %s: %v", o.Do, strconv.Quote(string(line)), err)
	}
	for _, a := range said.Answers {
		if a.Code != codes.OK {
			answers = append(answers, answer{code: a.Code, detail: a.Detail})
			continue
		}
		answers = append(answers, read(p, a.Body))
	}
	return answers
}
