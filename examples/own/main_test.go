package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOwn_EndsInOK(t *testing.T) {
	var printed bytes.Buffer
	if err := run(context.Background(), nil, io.MultiWriter(&printed, t.Output())); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^(backend listens on 127\.0\.0\.1:\d+\n){2}balancer listens on 127\.0\.0\.1:\d+\n(127\.0\.0\.1:\d+ answered \d+ calls\n){1,2}own: ok\n$`).MatchString(printed.String()) {
		t.Errorf("it printed %q", printed.String())
	}
}

// A server says where it listens: with port 0 there is no other way to know.
func TestOwn_SaysWhereItListens(t *testing.T) {
	for role, args := range map[string][]string{
		"backend":  {"backend", "127.0.0.1:0"},
		"balancer": {"balancer", "127.0.0.1:0", "127.0.0.1:50051"},
	} {
		ctx, stop := context.WithCancel(t.Context())
		out, in := io.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, args, in) }()
		said, err := bufio.NewReader(out).ReadString('\n')
		address := strings.TrimSuffix(strings.TrimPrefix(said, role+" listens on "), "\n")
		c, dialled := net.Dial("tcp", address)
		if err != nil || dialled != nil {
			t.Errorf("%s said %q: %v, %v", role, said, err, dialled)
		} else {
			c.Close()
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// What can't be is said, and nothing is left running.
func TestOwn_Refuses(t *testing.T) {
	for _, args := range [][]string{{"backend"}, {"balancer", "127.0.0.1:0"}, {"client"}, {"conductor", "x"}} {
		if err := run(context.Background(), args, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%q: error %v, want the usage", args, err)
		}
	}
	for want, args := range map[string][]string{
		"is no IP address": {"balancer", "127.0.0.1:0", "localhost:50051"},
		"missing port":     {"backend", "127.0.0.1"},
	} {
		if err := run(context.Background(), args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", args, err, want)
		}
	}
}
