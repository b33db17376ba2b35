package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// An outsider sees a program from outside: its files, its log and its admin port.
type outsider struct {
	*testing.T
	dir     string
	cmd     *exec.Cmd
	log     *bufio.Scanner
	said    strings.Builder // what was read of the log
	service string          // where its clients ask
	admin   string
}

const outsideConfig = "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nstop: {notice: 0s, over: 0s}\nservices:\n- name: s\n  sources: [{file: backends.yaml}]\n  guard: {maxRemove: 100}\n"

var opened = regexp.MustCompile(`the balancer has started" listen=(\S+) admin=(\S+)`)

func startOutside(t *testing.T) *outsider {
	dir := t.TempDir()
	write(t, dir, "backends.yaml", "[10.0.0.1:1]")
	o := launch(t, dir, outsideConfig)
	o.await("it is ready", func() bool { return o.state().Ready })
	return o
}

// launch starts the program in a folder with a configuration, and returns when its ports are open.
func launch(t *testing.T, dir, config string, environment ...string) *outsider {
	t.Helper()
	o := &outsider{T: t, dir: dir}
	o.write("c.yaml", config)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // then the log ends
	t.Cleanup(cancel)
	o.cmd = exec.CommandContext(ctx, os.Args[0], "-config", "c.yaml")
	o.cmd.Dir = o.dir
	o.cmd.Env = append(append(os.Environ(), asProgram+"=1", "TMPDIR="+t.TempDir()), environment...)
	log, err := o.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o.log = bufio.NewScanner(log)
	o.log.Buffer(nil, 1<<16) // a longer line is a fault
	found := opened.FindStringSubmatch(o.until("the balancer has started"))
	o.service, o.admin = found[1], found[2]
	return o
}

// until reads the log until a line has the text, and returns that.
func (o *outsider) until(text string) string {
	o.Helper()
	for o.scan() {
		if strings.Contains(o.log.Text(), text) {
			return o.log.Text()
		}
	}
	o.Fatalf("the log ends without %q: %v", text, o.log.Err())
	return ""
}

// scan reads a line of the log.
func (o *outsider) scan() bool {
	more := o.log.Scan()
	o.said.WriteString(o.log.Text() + "\n")
	return more
}

// stop ends the program in good order, and returns what it has logged since.
func (o *outsider) stop() (lines int) {
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		o.Fatal(err)
	}
	for o.scan() {
		lines++
	}
	if err := o.cmd.Wait(); err != nil {
		o.Error(err)
	}
	return lines
}

// write puts a file in the place of another one, as editors do.
func (o *outsider) write(name, text string) {
	o.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		o.Fatal(err)
	}
	o.rename(name+".new", name)
}

func (o *outsider) rename(from, to string) {
	o.Helper()
	if err := os.Rename(filepath.Join(o.dir, from), filepath.Join(o.dir, to)); err != nil {
		o.Fatal(err)
	}
}

// get asks the admin port.
func (o *outsider) get(path string) string {
	o.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Get("http://" + o.admin + path)
	if err != nil {
		o.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		o.Fatal(err)
	}
	return string(text)
}

func (o *outsider) state() (s view.State) {
	o.Helper()
	if err := json.Unmarshal([]byte(o.get("/api/state")), &s); err != nil {
		o.Fatal(err)
	}
	return s
}

// await waits until something holds.
func (o *outsider) await(what string, holds func() bool) {
	o.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-limit.C:
			o.Fatalf("%s: not in a minute", what)
		}
	}
}

// goroutines is how many there are when those of what was asked have ended.
func (o *outsider) goroutines() (n int) {
	o.Helper()
	if _, err := fmt.Sscanf(o.get("/debug/pprof/goroutine?debug=1"), "goroutine profile: total %d", &n); err != nil {
		o.Fatal(err)
	}
	return n
}

// wrongYAML is wrong for the configuration, and for a file of backends.
var wrongYAML = map[string]string{
	"empty":       "",
	"a tab":       "services:\n\t- name: s\n",
	"anchors":     "[&a {address: 10.0.0.9:1}, *a]",
	"a merge":     "[{<<: {address: 10.0.0.9:1}}]",
	"two":         "[]\n---\n[]\n",
	"a bracket":   "services: [{name: s, sources: [{sta",
	"no text":     "\x00\x01\xff\xfe",
	"deep":        strings.Repeat("[", 100_000),
	"many faults": "[" + strings.Repeat("{x: y}, ", 20_000) + "]",
	"a huge map":  "{" + fields(20_000) + "}",
}

func fields(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "f%d: x, ", i)
	}
	return text.String()
}

// Wrong files of every kind get a short error, and change nothing; right ones count, however they
// are put in place. Nothing is left behind.
func TestOutside_WrongFiles(t *testing.T) {
	o := startOutside(t)
	before := o.goroutines()
	served := func() (all string) {
		for _, b := range o.state().Services[0].Backends {
			all += b.Address
		}
		return all
	}
	for what, text := range wrongYAML {
		o.write("c.yaml", text)
		o.until("the new configuration is not used")
		if s := o.state(); s.Config.Error == "" || len(s.Config.Error) > 4000 || served() != "10.0.0.1:1" {
			t.Errorf("%s: the error is %.200q, and %s is served", what, s.Config.Error, served())
		}
	}
	o.write("c.yaml", outsideConfig)
	last := ""
	for what, text := range wrongYAML {
		o.write("backends.yaml", text)
		o.await(what, func() bool {
			now := o.state().Services[0].Sources[0].Error
			other := now != "" && now != last
			last = now
			return other
		})
		if len(last) > 4000 || served() != "10.0.0.1:1" {
			t.Errorf("%s: the error is %.200q, and %s is served", what, last, served())
		}
	}
	for i, put := range []func(text string){
		func(text string) { o.write("backends.yaml", text) },
		func(text string) { o.write("backends.yaml", "\ufeff"+strings.ReplaceAll(text, " ", "\r\n")) },
		func(text string) { o.swap("..one", text) }, // as Kubernetes does
		func(text string) { o.swap("..two", text) },
	} {
		address := fmt.Sprintf("10.0.1.%d:1", i)
		put("[ " + address + " ]")
		o.await(address, func() bool { return served() == address })
	}
	for range 1000 {
		_ = o.cmd.Process.Signal(syscall.SIGHUP)
	}
	if after := o.goroutines(); after > before+5 {
		t.Errorf("%d goroutines, and %d before", after, before)
	}
	if n := o.stop(); n > 50 {
		t.Errorf("%d lines in the log", n)
	}
}

// swap puts the file in a folder, and has the link ..data point to that.
func (o *outsider) swap(folder, text string) {
	if err := os.Mkdir(filepath.Join(o.dir, folder), 0o700); err != nil {
		o.Fatal(err)
	}
	o.write(folder+"/backends.yaml", text)
	o.link(folder, "..data")
	o.link("..data/backends.yaml", "backends.yaml")
}

func (o *outsider) link(to, name string) {
	if err := os.Symlink(to, filepath.Join(o.dir, name+".new")); err != nil {
		o.Fatal(err)
	}
	o.rename(name+".new", name)
}

// Whatever comes to the clients' port and to the admin port, others are served, the log is short, and nothing is left
// behind.
func TestOutside_Connections(t *testing.T) {
	o := startOutside(t)
	before := o.goroutines()
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for _, address := range []string{o.service, o.admin} {
		for what, text := range map[string]string{
			"HTTP/1":          "GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
			"TLS":             "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + strings.Repeat("r", 1000),
			"nonsense":        strings.Repeat("\x00\xff\x7f nonsense \n", 10_000),
			"a huge frame":    preface + "\xff\xff\xff\x00\x00\x00\x00\x00\x01",
			"pings":           preface + settings + strings.Repeat("\x00\x00\x08\x06\x00\x00\x00\x00\x00abcdefgh", 50_000),
			"settings":        preface + strings.Repeat(settings, 50_000),
			"half a stream":   preface + settings + "\x00\x00\x10\x01\x00\x00\x00\x00\x01\x83\x86",
			"a stream of 0":   preface + settings + "\x00\x00\x01\x01\x05\x00\x00\x00\x00\x83",
			"nothing at all":  "",
			"a body too long": "POST /api/overrides HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n{" + strings.Repeat(" ", 200_000),
		} {
			o.send(what, address, text)
		}
	}
	if out, err := runLine(t, t.Context(), "probe", o.service, "s"); err != nil || !strings.Contains(out, "entries: 1 ") {
		t.Errorf("probe prints %q, %v", out, err)
	}
	o.await("what was begun for them has ended", func() bool { return o.goroutines() <= before+3 })
	if n := o.stop(); n > 5 { // net/http logs a line for some of them at the admin port
		t.Errorf("%d lines in the log", n)
	}
}

// send connects, sends a text, reads a part of what comes and hangs up.
func (o *outsider) send(what, address, text string) {
	o.Helper()
	c, err := net.DialTimeout("tcp", address, time.Minute)
	if err != nil {
		o.Fatalf("%s: %v", what, err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(200 * time.Millisecond))
	_, _ = io.WriteString(c, text) // it may be cut off
	_, _ = c.Read(make([]byte, 100))
}
