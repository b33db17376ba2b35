// Bench measures what the balancer program costs and how fast it is, with real processes on
// loopback, and prints a table with the bar of each figure.
//
//	go -C grpclbd build -o /tmp/grpclbd . && go -C grpclbd run ./bench /tmp/grpclbd
//
// A second argument is a part of the name of the figure that is wanted. On a busy machine the
// process needs priority ("chrt -r 1" before it): clients, backends and balancer share the cores.
// Two virtual cores showed:
//
//	start to ready                              0.17 s
//	2,000 idle clients                          1.5 % of a core
//	the same, with a load report every 10 s     2.9 % of a core
//	NOT_SERVING until 2,000 clients have it     33 ms, 40 ms of CPU (lbserver alone: 30 ms, 40 ms)
//	1,000 backends checked every 5 s            5.0 % of a core
//	an override until it is in force elsewhere  27 ms
//
// Two fifths of the CPU of a push is the kernel's, which writes to each client's connection; nearly all
// of the rest is gRPC's. A garbage collection while clients are told takes 90 ms of CPU with 2,000
// clients, and the last one has its list after 80 ms then.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

// A row is one figure.
type row struct {
	name, bar string
	measure   func(program string) (string, error)
}

var rows = []row{
	{"start to ready, flags alone, embedded etcd (median of 5)", "≤ 1.5 s", start},
	{"2,000 idle clients, CPU of the balancer", "≤ 2 % of a core", idle},
	{"the same, each with a load report every 10 s", "", reporting},
	{"a backend says NOT_SERVING until 2,000 clients have the list (last of 2,000, worst of 5)", "≤ 50 ms", healthChange},
	{"1,000 backends checked every 5 s, CPU of the balancer", "≤ 10 % of a core", checks},
	{"an override at one replica until the other's client has the list (worst of 20)", "≤ 200 ms", replicas},
}

func main() {
	if os.Getenv(plainRole) != "" {
		exit(bePlain())
	}
	if len(os.Args) < 2 || len(os.Args) > 3 {
		exit(errors.New("usage: bench PROGRAM [PART OF THE NAME OF A FIGURE]"))
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FIGURE\tSEEN\tBAR")
	for _, r := range rows {
		if len(os.Args) == 3 && !strings.Contains(r.name, os.Args[2]) {
			continue
		}
		seen, err := r.measure(os.Args[1])
		if err != nil {
			exit(fmt.Errorf("%s: %w", r.name, err))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.name, seen, r.bar)
	}
	exit(w.Flush())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
