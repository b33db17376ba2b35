package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Which process this is: crowdRole has the order of the clients as JSON, measureRole
// what is to be measured.
const (
	crowdRole   = "BENCH_SERVER_CROWD"
	measureRole = "BENCH_SERVER_MEASURE"
)

// A crowd is the clients, seen from the process of the server.
type crowd struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out chan arrival
}

// An arrival is progress and when it was known.
type arrival struct {
	progress
	at time.Time
}

// gather starts the process of the clients.
func gather(o order) (*crowd, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	c := &crowd{cmd: exec.Command(os.Args[0]), out: make(chan arrival, 4096)}
	c.cmd.Env = append(os.Environ(), crowdRole+"="+string(text))
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go c.read(out)
	return c, nil
}

func (c *crowd) read(out io.Reader) {
	defer close(c.out)
	for lines := json.NewDecoder(out); ; {
		var p progress
		if lines.Decode(&p) != nil {
			return
		}
		c.out <- arrival{p, time.Now()}
	}
}

// wait returns when every client has list number version, or one after it.
func (c *crowd) wait(version int) (arrival, error) {
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for {
		select {
		case a, ok := <-c.out:
			if !ok {
				return a, fmt.Errorf("the clients have gone before list %d", version)
			}
			if a.Least >= version {
				return a, nil
			}
		case <-limit.C:
			return arrival{}, fmt.Errorf("some client has no list %d after two minutes", version)
		}
	}
}

func (c *crowd) leave() error {
	_ = c.in.Close()
	for range c.out { // to its end, so that all has been read
	}
	return c.cmd.Wait()
}
