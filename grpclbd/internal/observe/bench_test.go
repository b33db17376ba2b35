package observe

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/orca"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// serveEnv makes the test binary a server instead: see serveForBenchmark.
const serveEnv = "GRPCLBD_OBSERVE_SERVE"

// serveForBenchmark is the other process of the benchmark: one server on all addresses of
// loopback, with health and load. Each line that it reads changes what it says.
func serveForBenchmark() {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		panic(err)
	}
	s := grpc.NewServer()
	h := health.NewServer()
	healthpb.RegisterHealthServer(s, h)
	recorder := orca.NewServerMetricsRecorder()
	recorder.SetQPS(100)
	recorder.SetCPUUtilization(0.5)
	if err := orca.Register(s, orca.ServiceOptions{ServerMetricsProvider: recorder}); err != nil {
		panic(err)
	}
	go func() { _ = s.Serve(l) }()
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		h.SetServingStatus("", healthpb.HealthCheckResponse_ServingStatus(healthpb.HealthCheckResponse_ServingStatus_value[lines.Text()]))
	}
	s.Stop()
}

// An arrival is one call of HealthSaid.
type arrival struct {
	at      time.Time
	changes []Health
}

// tally keeps how many backends are healthy. It is the benchmark's, its owner sends.
type tally struct {
	inbox   *actor.Inbox[arrival]
	healthy map[string]bool
	up      int
}

func (c *tally) HealthSaid(changes []Health) { c.inbox.Send(arrival{time.Now(), changes}) }
func (c *tally) LoadSaid([]Load)             {}

// until waits until so many are healthy, and returns the calls that it took.
func (c *tally) until(up int) (calls []arrival) {
	for c.up != up {
		for _, a := range c.inbox.Open(<-c.inbox.Ready()) {
			for _, h := range a.changes {
				c.take(h)
			}
			calls = append(calls, a)
		}
	}
	return calls
}

func (c *tally) take(h Health) {
	if h.Healthy != c.healthy[h.Address] {
		c.healthy[h.Address] = h.Healthy
		if h.Healthy {
			c.up++
		} else {
			c.up--
		}
	}
}

// BenchmarkWatcher_ThousandBackends measures what it costs to check 1,000 backends each 5 s and
// to read their load, in cores, and how soon the owner has heard that all of them have changed. It
// takes half a minute. The backends are another process.
func BenchmarkWatcher_ThousandBackends(b *testing.B) {
	const backends = 1000
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), serveEnv+"=1")
	in, err := child.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = child.Wait() }()
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	var addresses []string
	for i := range backends {
		addresses = append(addresses, fmt.Sprintf("127.0.%d.%d:%s", i/250, 1+i%250, strings.TrimSpace(port)))
	}
	c := &tally{inbox: actor.NewInbox[arrival](), healthy: map[string]bool{}}
	service := ""
	w := Start(&config.Health{GRPC: &service, Interval: 5 * time.Second, Timeout: time.Second, Rise: 2, Fall: 3},
		&config.Load{ORCA: true, Interval: 10 * time.Second}, c, slog.New(slog.DiscardHandler))
	defer w.Stop()
	began := time.Now()
	w.Watch(addresses)
	started := c.until(backends)

	pause(5 * time.Second)
	for b.Loop() {
		used, from := cpu(b), time.Now()
		pause(15 * time.Second)
		b.ReportMetric(float64(cpu(b)-used)/float64(time.Since(from)), "cores")
	}

	c.until(backends) // a busy machine may have lost some meanwhile
	changed := time.Now()
	if _, err := io.WriteString(in, "NOT_SERVING\n"); err != nil {
		b.Fatal(err)
	}
	calls := c.until(0)
	b.ReportMetric(ms(started[len(started)-1].at.Sub(began)), "ms-to-start")
	b.ReportMetric(ms(calls[0].at.Sub(changed)), "ms-to-first-change")
	b.ReportMetric(ms(calls[len(calls)-1].at.Sub(changed)), "ms-to-change-all")
	b.ReportMetric(float64(len(calls)), "calls-to-change-all")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func pause(d time.Duration) { <-time.NewTimer(d).C }

// cpu returns the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
