package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// asProgram is set for a process that is the program itself.
const asProgram = "GRPCLBD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// runLine runs a command line and returns what it prints.
func runLine(t *testing.T, ctx context.Context, line ...string) (string, error) {
	t.Helper()
	c := command()
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&out)
	c.SetArgs(dashes(line))
	err := c.ExecuteContext(ctx)
	return out.String(), err
}

// free returns an address where nobody listens now.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestDashes(t *testing.T) {
	got := dashes([]string{"-service", "a=1.2.3.4:5", "--listen", "-admin=x", "-h", "-5", "--", "cmd", "-x-flag"})
	want := []string{"--service", "a=1.2.3.4:5", "--listen", "--admin=x", "-h", "-5", "--", "cmd", "-x-flag"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// The whole program by its command lines: flags alone, questions, orders.
func TestCommands(t *testing.T) {
	listen, admin := free(t), free(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := runLine(t, ctx, "-service", "s=127.0.0.1:1,127.0.0.2:1", "-listen", listen, "-admin", admin, "-log", "error")
		ended <- err
	}()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the balancer ended with %v", err)
		}
	}()
	patience, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	ask := func(want string, line ...string) {
		t.Helper()
		out, err := runLine(t, patience, line...)
		if err != nil {
			out += err.Error()
		}
		if !strings.Contains(out, want) {
			t.Errorf("%q prints %q, want %q", line, out, want)
		}
	}
	await := func(want string, line ...string) {
		t.Helper()
		out := ""
		for !strings.Contains(out, want) && patience.Err() == nil {
			out, _ = runLine(t, patience, line...)
		}
		ask(want, line...)
	}
	await(", ready", "ctl", "-admin", admin, "status")
	ask("127.0.0.2:1", "ctl", "-admin", admin, "list", "s")
	ask(`there is no service "x"`, "ctl", "-admin", admin, "list", "x")
	ask("entries: 2 (drops: 0)", "probe", listen, "s")
	ask(`NotFound: the balancer knows no service "x"`, "probe", listen, "x")
	ask("0 clients still have it", "ctl", "-admin", admin, "drain", "127.0.0.2:1", "-why", "disk", "-wait")
	ask("entries: 1 (drops: 0)", "probe", listen, "s")
	ask("drained by", "ctl", "-admin", admin, "list", "s")
	ask("127.0.0.2:1  -      (every one)  when lifted", "ctl", "-admin", admin, "list", "s")
	ask("disk  drained: no client has it", "ctl", "-admin", admin, "overrides")
	ask(`drop shed 5% of service "s" is in force`, "ctl", "-admin", admin, "drop", "shed", "5", "-service", "s")
	await("entries: 20 (drops: 1)", "probe", listen, "s")
	ask("101 is not a percentage", "ctl", "-admin", admin, "drop", "shed", "101")
	ask(`"many" is not a whole number`, "ctl", "-admin", admin, "weight", "127.0.0.1:1", "many")
	ask("address \"x\" is not IP:port", "ctl", "-admin", admin, "drain", "x")
	ask("the drain is lifted", "ctl", "-admin", admin, "undrain", "127.0.0.2:1")
	ask(`there is no drain of "127.0.0.2:1" that counts for every service`, "ctl", "-admin", admin, "undrain", "127.0.0.2:1")
	ask("fallback of service", "ctl", "-admin", admin, "fallback", "s", "-for", "10m")
	await("fallback: clients are to use their fallback addresses", "probe", listen, "s")
	ask("the fallback is lifted", "ctl", "-admin", admin, "unfallback", "s")
	fails := func(want string, line ...string) {
		t.Helper()
		if out, err := runLine(t, patience, line...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q; it prints %q", line, err, want, out)
		}
	}
	fails(`there is no service "z". The services are "s". If it comes later, write the override with -force`, "ctl", "-admin", admin, "fallback", "z")
	ask(`warning: it matches nothing now: there is no service "z"`, "ctl", "-admin", admin, "fallback", "z", "-force")
	fails(`there is no service "z"`, "ctl", "-admin", admin, "drain", "-service", "z", "127.0.0.1:1", "-wait")
	fails("nothing to wait for: no source names a backend 127.0.0.9:1", "ctl", "-admin", admin, "drain", "127.0.0.9:1", "-wait")
	fails(`nothing to wait for: there is no service "z"`, "ctl", "-admin", admin, "drain", "-service", "z", "127.0.0.1:1", "-wait", "-force")
	ask("warning: it matches nothing now: no source names a backend 127.0.0.9:1", "ctl", "-admin", admin, "weight", "127.0.0.9:1", "2", "-service", "s")
	await("override drain 127.0.0.9:1 of every service matches nothing: no source names a backend 127.0.0.9:1\n", "ctl", "-admin", admin, "status")
	ask("matches nothing: there is no service \"z\"", "ctl", "-admin", admin, "overrides")
	fails(`one that counts for every service is in force: lift it without a service`, "ctl", "-admin", admin, "undrain", "127.0.0.9:1", "-service", "s")
	fails("-service is empty", "ctl", "-admin", admin, "drain", "127.0.0.1:1", "-service", "")
	fails("a word is empty; write: grpclbd ctl fallback SERVICE", "ctl", "-admin", admin, "fallback", "")
	fails("-timeout goes with -wait", "ctl", "-admin", admin, "drain", "127.0.0.1:1", "-timeout", "5s")
	fails(`for "1ns" is not a time from 1s to 87600h`, "ctl", "-admin", admin, "drain", "127.0.0.1:1", "-for", "1ns")
	if out, err := runLine(t, patience, "ctl", "-admin", admin, "weight", "127.0.0.1:1", "2"); err != nil || strings.Contains(out, "warning") {
		t.Errorf("the weight of a backend that is there: %q, %v", out, err)
	}
	ask("no client is connected to this replica", "ctl", "-admin", admin, "clients", "s")
	ask(`"replica"`, "ctl", "-admin", admin, "status", "-json")
	fails("there is no service", "ctl", "-admin", admin, "confirm", "x")
	fails("there is no service", "ctl", "-admin", admin, "clients", "x")
	ask("the guard maxRemove holds no backend of this service on this replica", "ctl", "-admin", admin, "confirm", "s")
}

// What is wrong with a command line is told in one line.
func TestCommands_Refuse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("services: [{name: s, sources: [{static: [10.0.0.1:1]}]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("servces: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line []string
		want string
	}{
		{[]string{}, "give either -config FILE or -service"},
		{[]string{"-config", file, "-service", "s=1.2.3.4:5"}, "give either -config FILE or -service"},
		{[]string{"-service", "s"}, `-service "s" is not NAME=`},
		{[]string{"-service", "s=example.com:1"}, "is not IP:PORT"},
		{[]string{"-service", "s=1.2.3.4:5", "-listen", "here"}, `listen: "here" is not HOST:PORT`},
		{[]string{"-service", "s=1.2.3.4:5", "-admin", "0.0.0.0:1"}, "is not a loopback address"},
		{[]string{"-service", "s=1.2.3.4:5", "-log", "loud"}, `"loud" is not one of`},
		{[]string{"-config", bad}, `line 1: unknown field "servces"`},
		{[]string{"check", bad}, `line 1: unknown field "servces"`},
		{[]string{"-config", "missing.yaml"}, "missing.yaml"},
		{[]string{"nonsense"}, "nonsense"},
		{[]string{"-nonsense"}, "nonsense"},
		{[]string{"probe", "a"}, "wrong number of words (1); write: grpclbd probe BALANCER SERVICE"},
		{[]string{"ctl", "drain"}, "wrong number of words (0); write: grpclbd ctl drain ADDRESS"},
		{[]string{"ctl", "override"}, `unknown command "override"`},
		{[]string{"ctl", "help", "override"}, `unknown command "override"`},
		{[]string{"probe", "127.0.0.1:1", "s", "-header", "x"}, `-header "x" is not NAME=VALUE`},
		{[]string{"ctl", "-admin", "127.0.0.1:1", "status"}, "connection refused"},
		{[]string{"ctl", "-ca", "missing.pem", "status"}, "missing.pem"},
		{[]string{"ctl", "-token-file", "missing", "status"}, "missing"},
		{[]string{"register", "-service", "s", "-address", "1.2.3.4:5"}, "the command is missing"},
		{[]string{"register", "-service", "s", "-address", "x", "--", "true"}, `address "x" is not IP:port`},
		{[]string{"register", "-service", "s", "-address", "1.2.3.4:5", "-label", "x", "--", "true"}, `-label "x" is not NAME=VALUE`},
	} {
		out, err := runLine(t, t.Context(), c.line...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q; it prints %q", c.line, err, c.want, out)
		}
	}
	for want, line := range map[string][]string{
		"grpclbd version ":                {"version"},
		"grpclbd ctl [command]":           {"ctl", "help"},
		"grpclbd ctl drain ADDRESS":       {"ctl", "help", "drain"},
		"grpclbd ctl list SERVICE [flags": {"help", "ctl", "list"},
	} {
		if out, err := runLine(t, t.Context(), line...); err != nil || !strings.Contains(out, want) {
			t.Errorf("%q: %v, %q", line, err, out)
		}
	}
	if out, err := runLine(t, t.Context(), "check", file); err != nil || !strings.Contains(out, "no faults; services: 1") {
		t.Errorf("a good file: %q, %v", out, err)
	}
}
