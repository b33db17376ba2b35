// Command compare plays the same scenes to this policy and to grpc-go's own
// grpclb, and prints who holds which rule:
//
//	go run ./bench/compare
//
// A scene is a function of the tests beside this file. It sees a channel, a
// scripted balancer and backends, all in a testing/synctest bubble, and never
// learns which policy it is that picks. Which one it is has been settled when
// the tests were built: without tags they import this module's policy and not
// grpc-go's, with the tag grpcgo it is the other way round. So neither can get
// in the way of the other, which has the same name.
//
// Each scene of each policy is run in a process of its own. A policy that
// panics or spins loses that row and no other.
//
// It exits with 1 if this policy breaks a row, and with 2 if it can't compare.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	held, err := compare(ctx)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(2)
	case !held:
		os.Exit(1)
	}
}

// compare prints the table and reports whether this policy holds every row.
func compare(ctx context.Context) (held bool, err error) {
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir) // nothing depends on its being gone

	ours, err := build(ctx, dir, "ours")
	if err != nil {
		return false, err
	}
	peer, err := build(ctx, dir, "peer", "-tags", "grpcgo")
	if err != nil {
		return false, err
	}
	scenes, err := ours.scenes(ctx)
	if err != nil {
		return false, err
	}
	t, err := newTable(ctx)
	if err != nil {
		return false, err
	}
	for _, s := range scenes {
		fmt.Fprintln(os.Stderr, s.name)
		t.add(s, ours.play(ctx, s), peer.play(ctx, s))
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	fmt.Print(t.String())
	return t.ours == len(t.rows), nil
}
