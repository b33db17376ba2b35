package enlist

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
	"github.com/actorlb/grpclb/grpclbd/register"
)

// A rig runs the command, and sees what it prints, what the program logs, and what is in etcd.
type rig struct {
	*testing.T
	etcd    *clientv3.Client
	options Options
	signals chan os.Signal
	lines   chan string // of the command and the log
	ended   chan error
	pid     int // of the command
}

// address returns one that is free.
func address(t *testing.T) string {
	l, err := net.Listen("tcp", etcdtest.Host()+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func newRig(t *testing.T) *rig {
	client, err := etcd.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	r := &rig{T: t, etcd: client, signals: make(chan os.Signal, 2), lines: make(chan string, 1000), ended: make(chan error, 1)}
	at := address(t)
	read, write := io.Pipe()
	go func() {
		defer close(r.lines)
		for scanner := bufio.NewScanner(read); scanner.Scan(); {
			r.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() { _ = write.Close() })
	r.options = Options{
		Register: register.Options{Etcd: []string{etcd.URL()}, Service: "services/" + t.Name(), Address: at, TTL: 10 * time.Second},
		Command:  []string{"/usr/bin/env", childEnv + "=" + at, os.Args[0]},
		Interval: 20 * time.Millisecond, Timeout: 10 * time.Second, Grace: 200 * time.Millisecond,
		Stdout: write, Stderr: write, Signals: r.signals, Log: slog.New(slog.NewTextHandler(write, nil)),
	}
	return r
}

func (r *rig) start() { go func() { r.ended <- Run(r.Context(), r.options) }() }

// logged returns the time that a line of the log has.
func logged(t *testing.T, line string) time.Time {
	word, _, _ := strings.Cut(strings.TrimPrefix(line, "time="), " ")
	at, err := time.Parse(time.RFC3339, word)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// until waits until there was a line with each of the texts, and returns the last one.
func (r *rig) until(texts ...string) string {
	r.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	var seen []string
	for {
		select {
		case line := <-r.lines:
			seen = append(seen, line)
			_, _ = fmt.Sscanf(line, "started %d", &r.pid)
			texts = slices.DeleteFunc(texts, func(text string) bool { return strings.Contains(line, text) })
			if len(texts) == 0 {
				return line
			}
		case <-deadline.C:
			r.Fatalf("there is no line with %q in\n%s", texts, strings.Join(seen, "\n"))
		}
	}
}

func (r *rig) listed() bool {
	r.Helper()
	got, err := r.etcd.Get(r.Context(), r.options.Register.Service+"/"+r.options.Register.Address)
	if err != nil {
		r.Fatal(err)
	}
	return len(got.Kvs) == 1
}

func (r *rig) want(listed bool) {
	r.Helper()
	if r.listed() != listed {
		r.Errorf("registered: %v, want %v", !listed, listed)
	}
}

func (r *rig) tell(s syscall.Signal) {
	r.Helper()
	if err := syscall.Kill(r.pid, s); err != nil {
		r.Fatal(err)
	}
}

// wantExit waits for the end and compares the command's code.
func (r *rig) wantExit(code int) {
	r.Helper()
	select {
	case err := <-r.ended:
		var exit *Exit
		if errors.As(err, &exit) && exit.Code == code || err == nil && code == 0 {
			return
		}
		r.Errorf("Run returns %v, want the code %d", err, code)
	case <-time.NewTimer(time.Minute).C:
		r.Fatal("Run does not end")
	}
}

// The server is registered while it is healthy, withdrawn before the command gets the signal, and the
// command's code is that of the program.
func TestRegister_Command(t *testing.T) {
	r := newRig(t)
	r.start()
	r.until("the server is registered")
	r.want(true)
	r.tell(syscall.SIGUSR1)
	r.until("the server is withdrawn")
	r.want(false)
	r.tell(syscall.SIGUSR2)
	r.until("the server is registered")
	r.want(true)
	r.signals <- syscall.SIGTERM
	withdrawn := logged(t, r.until("the server is withdrawn"))
	r.want(false)
	r.until("got terminated")
	if grace := time.Since(withdrawn); grace < r.options.Grace*9/10 {
		t.Errorf("the command gets the signal %v after the withdrawal, want %v", grace, r.options.Grace)
	}
	r.wantExit(3)
	r.want(false)
}

// A command that ends by itself is withdrawn at once.
func TestRegister_Command_Ends(t *testing.T) {
	for s, code := range map[syscall.Signal]int{syscall.SIGHUP: 4, syscall.SIGKILL: 128 + 9} {
		r := newRig(t)
		r.options.Health = HealthTCP
		r.start()
		r.until("the server is registered")
		r.tell(s)
		r.wantExit(code)
		r.want(false)
	}
}

// The end of the context is like a signal; one that comes before the server is healthy is passed on at once.
func TestRegister_Command_NeverHealthy(t *testing.T) {
	r := newRig(t)
	r.options.Register.Address = address(t) // nobody is there
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { r.ended <- Run(ctx, r.options) }()
	r.until("started")
	r.want(false)
	cancel()
	r.until("got terminated")
	r.wantExit(3)
}

// A command that is not a server is registered without a check, and may end well.
func TestRegister_Command_None(t *testing.T) {
	r := newRig(t)
	r.options.Health, r.options.Command = HealthNone, []string{"/bin/sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done"}
	r.start()
	r.until("ready", "the server is registered")
	r.want(true)
	r.signals <- syscall.SIGINT // the next one comes before this one is passed on, and does not wait
	r.signals <- syscall.SIGTERM
	r.wantExit(0)
	r.want(false)
}

func TestRegister_Command_Options(t *testing.T) {
	good := Options{Register: register.Options{Etcd: []string{"http://127.0.0.1:1"}, Service: "s", Address: "127.0.0.1:1"}, Command: []string{"/bin/true"}}
	for want, spoil := range map[string]func(*Options){
		"there is no command":             func(o *Options) { o.Command = nil },
		`health "http" is not grpc`:       func(o *Options) { o.Health = "http" },
		"interval -1s or timeout":         func(o *Options) { o.Interval = -time.Second },
		"fall -1 is negative":             func(o *Options) { o.Fall = -1 },
		"register: address":               func(o *Options) { o.Register.Address = "" },
		"the command could not be start":  func(o *Options) { o.Command = []string{"/no/such/program"} },
		"could not be started: exec: \"n": func(o *Options) { o.Command = []string{"no-such-program"} },
	} {
		o := good
		spoil(&o)
		err := Run(t.Context(), o)
		var exit *Exit
		if err == nil || errors.As(err, &exit) || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
}
