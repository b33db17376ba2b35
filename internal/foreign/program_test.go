//go:build foreign

package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/actorlb/grpclb/internal/dnstest"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// buildDir is where the program grpclbd is built. The end of all tests removes it.
func buildDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprint("grpclb-foreign-", os.Getpid()))
}

// built is the program, built once.
var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(buildDir(), "grpclbd")
	out, err := exec.Command("go", "-C", "../../grpclbd", "build", "-o", binary, ".").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("building grpclbd: %w\n%s", err, out)
	}
	return binary, err
})

// A program is grpclbd in a process, with a configuration file. It can be ended and started again
// at its address.
type program struct {
	testing.TB
	binary, dir   string
	listen, admin string
	service       string
	process       *exec.Cmd // nil while it is stopped
}

// program writes the configuration of a balancer of the site. more is what the service has
// beside its name and its source, which is a file: see list. The test's end stops the balancer.
func (s *site) program(store, more string) *program {
	binary, err := built()
	if err != nil {
		s.Fatal(err)
	}
	p := &program{TB: s, binary: binary, dir: s.TempDir(), listen: s.closed(), admin: s.closed(), service: s.service()}
	p.write("grpclbd.yaml", fmt.Sprintf(`{listen: %q, admin: %q, store: %s, stop: {notice: 300ms, over: 300ms},
services: [{name: %q, reportInterval: 1s, sources: [{file: %q}]%s}]}`,
		p.listen, p.admin, store, p.service, filepath.Join(p.dir, "backends.yaml"), more))
	s.Cleanup(p.kill)
	return p
}

// balancedBy has clients find these programs in place of the site's balancer, and starts them.
func (s *site) balancedBy(all ...*program) {
	s.balancer.stop()
	var records []dnstest.Record
	for _, p := range all {
		p.start()
		records = append(records, s.srv(0, p.listen, balancerName))
	}
	s.dns.Set("_grpclb._tcp."+serviceName, records...)
}

// write puts a file in the place of another one, as editors do.
func (p *program) write(name, text string) {
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		p.Fatal(err)
	}
}

// list makes these the backends.
func (p *program) list(entries ...string) {
	p.write("backends.yaml", "["+strings.Join(entries, ", ")+"]")
}

// entry is a backend in the program's file; more is what it has beside address and token.
func entry(b *lbtest.Backend, token, more string) string {
	return fmt.Sprintf("{address: %q, token: %s%s}", b.Addr(), token, more)
}

// start starts it and waits until clients may come.
func (p *program) start() {
	p.Helper()
	p.process = exec.Command(p.binary, "-config", filepath.Join(p.dir, "grpclbd.yaml"))
	log, err := os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.Fatal(err)
	}
	defer log.Close()
	p.process.Env = append(os.Environ(), "TMPDIR="+p.dir)
	p.process.Stderr = log
	if err := p.process.Start(); err != nil {
		p.Fatal(err)
	}
	p.await("it is ready", func() bool {
		code, _ := p.get("/readyz")
		return code == http.StatusOK
	})
}

// kill ends it at once.
func (p *program) kill() {
	if p.process == nil {
		return
	}
	_ = p.process.Process.Kill()
	_ = p.process.Wait()
	p.process = nil
}

// stop ends it in good order.
func (p *program) stop() {
	if err := p.process.Process.Signal(syscall.SIGTERM); err != nil {
		p.Fatal(err)
	}
	if err := p.process.Wait(); err != nil {
		p.fail(fmt.Sprintf("after SIGTERM it has ended with %v", err))
	}
	p.process = nil
}

// ctl gives an order, and returns what is printed.
func (p *program) ctl(words ...string) string {
	p.Helper()
	out, err := exec.Command(p.binary, append([]string{"ctl", "-admin", p.admin}, words...)...).CombinedOutput()
	if err != nil {
		p.fail(fmt.Sprintf("ctl %q: %v: %s", words, err, out))
	}
	return string(out)
}

// metric returns the value of the metric in the line that begins like this; -1 if there is none.
func (p *program) metric(line string) int {
	_, body := p.get("/metrics")
	_, rest, found := strings.Cut(body, "\n"+line+" ")
	if !found {
		return -1
	}
	value, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		p.Fatal(err)
	}
	return int(n)
}

// counts awaits that a metric has this value; %q in its line is the service.
func (p *program) counts(line string, want int) {
	p.Helper()
	line = fmt.Sprintf(line, p.service)
	p.await(fmt.Sprintf("%s is %d", line, want), func() bool { return p.metric(line) == want })
}

// get asks the admin port. Code 0: there is no answer.
func (p *program) get(path string) (code int, body string) {
	asker := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	response, err := asker.Get("http://" + p.admin + path)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// await waits until something holds.
func (p *program) await(what string, holds func() bool) {
	p.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-limit.C:
			p.fail(fmt.Sprintf("%s: not in %v", what, patience))
		}
	}
}

// fail fails the test, with the end of the log.
func (p *program) fail(what string) {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		what += ": " + err.Error()
	}
	lines := bytes.Split(text, []byte("\n"))
	p.Fatalf("%s\nthe log ends with:\n%s", what, bytes.Join(lines[max(0, len(lines)-20):], []byte("\n")))
}
