package main

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/balancer"
)

// What the command asks of its tests.
var (
	listScenes = flag.Bool("list-scenes", false, "print the scenes instead of playing them")
	verdicts   = flag.Bool("verdicts", false, "print the verdict on each scene")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *listScenes {
		printScenes()
		os.Exit(0)
	}
	// Nothing has been started yet that could look the name up meanwhile.
	balancer.Register(counting{builder()})
	goleak.VerifyTestMain(m)
}
