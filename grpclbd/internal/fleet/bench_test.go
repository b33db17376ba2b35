package fleet

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/memory"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/lbserver"
)

// large is a core with many backends in four zones and many classes.
func large(backends, classes int, cfg config.Service) (*core, []backend.Backend) {
	cfg.Name, cfg.Guard = "svc", guard
	cfg.Sources, cfg.Health = []config.Source{{DNS: "one"}}, &config.Health{}
	cfg.Zones = &config.Zones{Spill: 70}
	var all []backend.Backend
	for i := range backends {
		all = append(all, be(fmt.Sprintf("10.%d.%d.%d:80", i>>16, i>>8&255, i&255), fmt.Sprintf("zone=z%d", i%4)))
	}
	all = backend.Sorted(all)
	c := newCore("svc")
	c.recalled(memory.State{})
	c.configure(cfg)
	c.overridesSaid(nil, start)
	c.sourceSaid(1, backend.Report{Backends: all, At: start}, start)
	c.tick(start)
	for i := range classes {
		client := lbserver.Client{ID: uint64(i + 1), Peer: &peer.Peer{Addr: tcp(fmt.Sprintf("10.9.%d.%d:1", i>>8, i&255))}}
		zone := fmt.Sprintf("z%d", i%4)
		if cfg.Subset == 0 {
			zone = fmt.Sprintf("z%d", i)
		}
		client.Metadata = metadata.Pairs(zoneHeader, zone)
		c.classify(client, start)
		c.began(client, start)
	}
	c.todo = nil
	return c, all
}

// One backend of many turns unhealthy, and healthy again; each time all classes' lists are made.
func BenchmarkHealthChange(b *testing.B) {
	for _, size := range []struct{ backends, classes, subset int }{
		{100, 1, 0}, {10_000, 1, 0}, {10_000, 4, 0}, {1_000, 1_000, 20}, {10_000, 1_000, 20},
	} {
		b.Run(fmt.Sprintf("backends=%d/classes=%d/subset=%d", size.backends, size.classes, size.subset), func(b *testing.B) {
			c, all := large(size.backends, size.classes, config.Service{Subset: size.subset})
			now, lists, cpu := start, 0, startOfWork()
			for i := 0; b.Loop(); i++ {
				now = now.Add(time.Second)
				c.healthSaid(c.watching.watcher, []observe.Health{{Address: all[0].Address, Healthy: i%2 == 1, Why: "timeout"}})
				c.tick(now)
				for _, a := range c.todo {
					if _, set := a.(setServers); set {
						lists++
					}
				}
				c.todo = nil
			}
			if lists == 0 {
				b.Fatal("no list was made")
			}
			b.ReportMetric(float64(lists)/float64(b.N), "lists/op")
			cpu.report(b)
		})
	}
}

// A source names one backend less, and all again.
func BenchmarkSourceChange(b *testing.B) {
	c, all := large(10_000, 1_000, config.Service{Subset: 20})
	now, cpu := start, startOfWork()
	defer cpu.report(b)
	for i := 0; b.Loop(); i++ {
		now = now.Add(time.Second)
		said := append([]backend.Backend{}, all[i%2:]...)
		c.sourceSaid(1, backend.Report{Backends: said, At: now}, now)
		c.tick(now)
		c.todo = nil
	}
}

// Work is how much time of a processor the process has used: other processes don't count.
type work time.Duration

func startOfWork() work {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return work(usage.Utime.Nano() + usage.Stime.Nano())
}

func (w work) report(b *testing.B) {
	b.ReportMetric(float64(startOfWork()-w)/1e6/float64(b.N), "cpu-ms/op")
}

// A client of a zone that has its list comes, and one that needs a subset.
func BenchmarkClassify(b *testing.B) {
	for _, subset := range []int{0, 20} {
		b.Run(fmt.Sprintf("subset=%d", subset), func(b *testing.B) {
			c, _ := large(10_000, 1, config.Service{Subset: subset})
			for i := 0; b.Loop(); i++ {
				client := lbserver.Client{ID: uint64(i + 10), Peer: &peer.Peer{Addr: tcp(fmt.Sprintf("10.8.%d.%d:1", i>>8&255, i&255))}}
				c.classify(client, start)
				c.began(client, start)
				c.ended(client, start)
				c.todo = nil
			}
		})
	}
}
