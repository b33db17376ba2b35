package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is a balancer that runs.
type process struct {
	*exec.Cmd
	listen, admin string
	dir           string // removed at the end, if there is one
}

// run starts a balancer with these lines of configuration, and waits until it is ready.
func run(program, lines string) (*process, error) {
	p := &process{}
	var err error
	if p.listen, err = free(); err != nil {
		return nil, err
	}
	if p.admin, err = free(); err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return nil, err
	}
	path := filepath.Join(p.dir, "c.yaml")
	text := fmt.Sprintf("listen: %s\nadmin: %s\nlog: {level: error}\nstop: {notice: 0s, over: 0s}\n%s", p.listen, p.admin, lines)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p.Cmd = exec.Command(program, "-config", path)
	p.Stderr = os.Stderr
	if err := p.Start(); err != nil {
		return nil, err
	}
	return p, p.untilReady()
}

func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (p *process) untilReady() error {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); rest(5 * time.Millisecond) {
		if r, err := http.Get("http://" + p.admin + "/readyz"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("the balancer is not ready after 30 s")
}

func (p *process) end() {
	_ = p.Process.Signal(syscall.SIGTERM)
	_ = p.Wait()
	_ = os.RemoveAll(p.dir)
}

// cpu returns the processor time that the process has used: that of its threads, in nanoseconds.
func (p *process) cpu() (all time.Duration, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.Process.Pid))
	if err != nil {
		return 0, err
	}
	for _, name := range threads {
		text, err := os.ReadFile(name)
		if err != nil {
			return 0, err
		}
		used, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(used, 10, 64)
		if err != nil {
			return 0, err
		}
		all += time.Duration(n)
	}
	return all, nil
}

// share returns which share of a core the process uses in the next 20 s.
func (p *process) share() (string, error) {
	const during = 20 * time.Second
	before, err := p.cpu()
	if err != nil {
		return "", err
	}
	rest(during)
	after, err := p.cpu()
	return fmt.Sprintf("%.1f %%", 100*float64(after-before)/float64(during)), err
}

func rest(d time.Duration) { <-time.NewTimer(d).C }
