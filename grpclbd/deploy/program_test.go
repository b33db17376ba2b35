package deploy

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
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/credentials/insecure"
)

// built builds the program and returns where it is.
func built(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "grpclbd")
	if out, err := exec.Command("go", "build", "-C", "..", "-ldflags=-s -w", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// common begins each configuration.
const common = "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nstop: {notice: 0s, over: 0s}\nlog: {format: json}\n"

// A program is grpclbd as a process.
type program struct {
	t             *testing.T
	path, dir     string
	listen, admin string
	process       *exec.Cmd
}

// start starts the program in a folder of its own with a configuration and other files, and returns when its ports are open.
func start(t *testing.T, path, config string, files map[string]string) *program {
	t.Helper()
	p := &program{t: t, path: path, dir: t.TempDir()}
	for name, text := range files {
		p.write(name, text)
	}
	p.write("grpclbd.yaml", common+config)
	p.process = exec.Command(path, "--config", "grpclbd.yaml")
	p.process.Dir, p.process.Env = p.dir, append(os.Environ(), "TMPDIR="+p.dir) // it is killed, and leaves its temporary folder
	log, err := p.process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(log)
	for p.admin == "" && lines.Scan() {
		var line struct{ Msg, Listen, Admin string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line.Admin == "" {
			t.Log(lines.Text())
			continue
		}
		p.listen, p.admin = line.Listen, line.Admin
	}
	if p.admin == "" {
		t.Fatal("the program has not started")
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
	return p
}

// write replaces a file of the program, as editors do.
func (p *program) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		p.t.Fatal(err)
	}
}

// kill ends the program.
func (p *program) kill() {
	if p.process.ProcessState == nil {
		_ = p.process.Process.Signal(syscall.SIGKILL)
		_ = p.process.Wait() // it ends with an error
	}
}

// metrics are those that Prometheus would scrape now.
func (p *program) metrics() string {
	p.t.Helper()
	response, err := http.Get("http://" + p.admin + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		p.t.Fatalf("%s, error %v", response.Status, err)
	}
	return string(page)
}

// until waits until the metrics have a line that begins so, for at most 20 s, and returns them.
func (p *program) until(line string) string {
	p.t.Helper()
	page := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.NewTimer(20 * time.Millisecond).C {
		if page = p.metrics(); strings.Contains(page, "\n"+line) {
			return page
		}
	}
	p.t.Fatalf("there is no %s in\n%s", line, page)
	return ""
}

// ctl gives the program an order.
func (p *program) ctl(words ...string) {
	p.t.Helper()
	if out, err := exec.Command(p.path, append([]string{"ctl", "--admin", p.admin}, words...)...).CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
}

// A guest is a client's stream.
type guest struct {
	lbpb.LoadBalancer_BalanceLoadClient
	leave func()
}

// guests are clients of a service. They read only if they are to.
func (p *program) guests(service string, n int, read bool) (all []guest) {
	p.t.Helper()
	cc, err := grpc.NewClient(p.listen, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStaticStreamWindowSize(1<<16))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { cc.Close() })
	for range n {
		ctx, leave := context.WithCancel(p.t.Context())
		p.t.Cleanup(leave)
		stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		if err := stream.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
			InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
		}}); err != nil {
			p.t.Fatal(err)
		}
		g := guest{stream, leave}
		if read {
			go g.read()
		}
		all = append(all, g)
	}
	return all
}

func (g guest) read() {
	for {
		if _, err := g.Recv(); err != nil {
			return
		}
	}
}

// report sends a load report.
func (g guest) report(t *testing.T, stats *lbpb.ClientStats) {
	t.Helper()
	if err := g.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{ClientStats: stats}}); err != nil {
		t.Fatal(err)
	}
}

// ports opens ports that take connections: backends whose health is checked by TCP. Each can be closed.
func ports(t *testing.T, n int) (all []net.Listener) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				c.Close()
			}
		}()
		all = append(all, l)
	}
	return all
}

// freeAddress is on loopback, and nobody uses it now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// list is a file of backends.
func list(all []net.Listener) (text string) {
	for _, l := range all {
		text += fmt.Sprintf("- %s\n", l.Addr())
	}
	return text
}
