package main

import (
	"bytes"
	"context"
	"errors"
	"io"
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
	if !regexp.MustCompile(`^(127\.0\.0\.1:\d+ answered \d+ calls\n){1,2}own: ok\n$`).MatchString(printed.String()) {
		t.Errorf("it printed %q", printed.String())
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
