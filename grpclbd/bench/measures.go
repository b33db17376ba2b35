package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/ctl"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

const many = 2000 // clients

func start(program string) (string, error) {
	var all []time.Duration
	for range 5 {
		began := time.Now()
		p, err := run(program, "services: [{name: s, sources: [{static: [127.0.0.1:1]}]}]\n")
		if err != nil {
			return "", err
		}
		all = append(all, time.Since(began))
		p.end()
	}
	slices.Sort(all)
	return all[2].Round(time.Millisecond).String(), nil
}

func idle(program string) (string, error) { return connected(program, "0s") }

func reporting(program string) (string, error) { return connected(program, "10s") }

// connected returns what clients cost that report as often as that.
func connected(program, interval string) (string, error) {
	s, err := play(program, 2, many, "reportInterval: "+interval)
	defer s.end()
	if err != nil {
		return "", err
	}
	rest(5 * time.Second)
	return s.share()
}

func checks(program string) (string, error) {
	s, err := play(program, 1000, 0, "health: {interval: 5s}")
	defer s.end()
	if err != nil {
		return "", err
	}
	rest(10 * time.Second)
	return s.share()
}

func replicas(program string) (string, error) {
	etcd, err := free()
	if err != nil {
		return "", err
	}
	const service = "services: [{name: s, sources: [{static: [127.0.0.1:1, 127.0.0.2:1]}]}]\n"
	first, err := run(program, "replica: one\nstore: {listen: "+etcd+"}\n"+service)
	if err != nil {
		return "", err
	}
	defer first.end()
	second, err := run(program, "replica: two\nstore: {etcd: [\"http://"+etcd+"\"]}\n"+service)
	if err != nil {
		return "", err
	}
	defer second.end()
	ask, err := ctl.NewClient(ctl.Options{Admin: first.admin})
	if err != nil {
		return "", err
	}
	defer ask.Close()
	c, err := join(second.listen, 1)
	if err != nil {
		return "", err
	}
	defer c.close()
	if _, err := c.until(2); err != nil {
		return "", err
	}
	return worstOverride(ask, c)
}

// worstOverride drains a backend and ends that, 20 times.
func worstOverride(ask *ctl.Client, c *clients) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	o := ctl.Order{Override: override.Override{Service: "s", Kind: override.Drain, Address: "127.0.0.2:1"}}
	var worst time.Duration
	for range 20 {
		began := time.Now()
		if _, err := ask.Put(ctx, o); err != nil {
			return "", err
		}
		last, err := c.until(1)
		if err != nil {
			return "", fmt.Errorf("drain: %w", err)
		}
		worst = max(worst, last.Sub(began))
		if err := ask.Lift(ctx, "s", override.Drain, "127.0.0.2:1"); err != nil {
			return "", err
		}
		if _, err := c.until(2); err != nil {
			return "", fmt.Errorf("the end of the drain: %w", err)
		}
	}
	return worst.Round(time.Millisecond).String(), nil
}
