package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A scene breaks something and mends it again.
type scene struct {
	name    string
	hanging func(*fleet) string // the backend to which calls may fail; nil: none
	zoned   bool                // no call leaves its zone
	play    func(*fleet) error
}

var scenes = []scene{
	{name: "each backend gets calls", play: func(f *fleet) error { return f.usesAll("at first") }},
	{name: "each client stays in its zone", zoned: true, play: steady},
	{name: "a replica is killed, and started again", play: killReplica},
	{name: "a backend is drained by the other replica", play: drain},
	{name: "an etcd member is lost", play: loseMember},
	{name: "the etcd majority is lost, and a backend goes meanwhile", play: loseMajority},
	{name: "a backend hangs, and recovers", hanging: func(f *fleet) string { return f.backends[0].address }, play: hang},
	{name: "all replicas and backends are restarted, one after the other", play: roll},
}

// play plays all scenes. A call that fails and should not ends it.
func (f *fleet) play() error {
	for _, s := range scenes {
		began := time.Now()
		if err := s.play(f); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		t := f.clients.since()
		f.total += t.calls
		hanging := ""
		if s.hanging != nil {
			hanging = s.hanging(f)
		}
		if err := t.unexpected(hanging); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if s.zoned && t.across > 0 {
			return fmt.Errorf("%s: %d of %d calls did not", s.name, t.across, t.calls)
		}
		fmt.Printf("%-62s %5.1f s  %6d calls  %3d failed", s.name, time.Since(began).Seconds(), t.calls, t.failures())
		if n := t.failures(); n > 0 {
			fmt.Print(", all to the one that hung")
		}
		fmt.Println()
	}
	return nil
}

// steady: nothing happens.
func steady(*fleet) error {
	rest(time.Second)
	return nil
}

// usesAll waits until each backend gets calls.
func (f *fleet) usesAll(when string) error {
	return until(when+", each backend gets calls", func() bool {
		before := map[string]int64{}
		for _, b := range f.backends {
			before[b.address] = b.calls.Load()
		}
		rest(200 * time.Millisecond)
		for _, b := range f.backends {
			if b.calls.Load() == before[b.address] {
				return false
			}
		}
		return true
	})
}

// killReplica: clients go on with their list, and ask the other replica.
func killReplica(f *fleet) error {
	if err := f.replicas[0].end(syscall.SIGKILL); err != nil {
		return err
	}
	if err := until("the clients are at the other replica", func() bool {
		s, err := f.state(1)
		return err == nil && len(s.Clients) == 2
	}); err != nil {
		return err
	}
	rest(time.Second)
	return f.replicas[0].start()
}

// drain: an override at a replica without clients takes a backend from all clients.
func drain(f *fleet) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	address := f.backends[1].address
	order := ctl.Order{Override: override.Override{Service: service, Kind: override.Drain, Address: address, Why: "the example"}}
	in, err := f.replicas[0].ask.Put(ctx, order)
	if err != nil {
		return err
	}
	if err := f.replicas[0].ask.WaitDrained(ctx, discard{}, in.Override, 0); err != nil {
		return err
	}
	before := f.backends[1].calls.Load()
	rest(300 * time.Millisecond)
	if after := f.backends[1].calls.Load(); after > before+1 {
		return fmt.Errorf("a drained backend got %d calls", after-before)
	}
	if err := f.replicas[1].ask.Lift(ctx, service, override.Drain, address); err != nil {
		return err
	}
	return f.usesAll("after the drain")
}

// discard is where what nobody reads is written.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// loseMember: the other two go on.
func loseMember(f *fleet) error {
	f.etcd.Lose(0)
	rest(2 * time.Second)
	if err := f.bothSee("the store can be reached", true); err != nil {
		return err
	}
	return f.etcd.Return(0)
}

// loseMajority: the lists stay, replicas say that the store is away, and health still counts.
func loseMajority(f *fleet) error {
	f.etcd.Lose(0, 1)
	if err := f.bothSee("the store is away", false); err != nil {
		return err
	}
	gone := f.backends[2]
	gone.quit()
	if err := f.bothServe(gone.address, false); err != nil {
		return err
	}
	rest(4 * time.Second)
	if err := f.etcd.Return(0, 1); err != nil {
		return err
	}
	if err := f.bothSee("the store can be reached again", true); err != nil {
		return err
	}
	if err := gone.start(); err != nil {
		return err
	}
	return f.bothServe(gone.address, true)
}

// bothSee waits until both replicas say whether they reach the store.
func (f *fleet) bothSee(what string, reached bool) error {
	return until(what, func() bool {
		for i := range f.replicas {
			if s, err := f.state(i); err != nil || s.Store.Reached != reached {
				return false
			}
		}
		return true
	})
}

// bothServe waits until both replicas send clients to a backend, or do so no more.
func (f *fleet) bothServe(address string, served bool) error {
	return until(fmt.Sprintf("it is %v that clients are sent to %s", served, address), func() bool {
		return f.served(0, address) == served && f.served(1, address) == served
	})
}

// hang: health checks see it. Until then calls that go there fail.
func hang(f *fleet) error {
	stuck := f.backends[0]
	stuck.hang()
	if err := f.bothServe(stuck.address, false); err != nil {
		return err
	}
	rest(deadline) // for the calls that are there
	stuck.free()
	if err := f.bothServe(stuck.address, true); err != nil {
		return err
	}
	return f.usesAll("after the hang")
}

// roll: everything is replaced, one part after the other.
func roll(f *fleet) error {
	for _, r := range f.replicas {
		if err := r.end(syscall.SIGTERM); err != nil {
			return err
		}
		if err := r.start(); err != nil {
			return err
		}
	}
	for _, b := range f.backends {
		if err := b.leave(); err != nil {
			return err
		}
		if err := b.start(); err != nil {
			return err
		}
		if err := f.bothServe(b.address, true); err != nil {
			return err
		}
	}
	return f.usesAll("after the restarts")
}
