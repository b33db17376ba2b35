// Fleet runs a whole fleet in one command and breaks it, part by part: an etcd of three
// members, two replicas of the balancer, six backends in two zones, and clients in both.
//
//	go -C grpclbd run ./examples/fleet
//
// Each scene says what it does and how many calls were made meanwhile. A call that fails is
// unexpected, unless a backend hangs and the call went there: a client can't know that before
// the balancer does. The last line is "fleet: ok" and the numbers.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	if path := os.Getenv(replicaConfig); path != "" {
		serveReplica(path)
		return
	}
	began := time.Now()
	f, err := newFleet()
	if err == nil {
		err = f.play()
		f.close()
	}
	if err != nil {
		fmt.Println("fleet:", err)
		os.Exit(1)
	}
	fmt.Printf("fleet: ok (%d calls, 0 unexpected failures) in %.0f s\n", f.total, time.Since(began).Seconds())
}
