package bench

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// The private work between two picks is a chain of multiplications that takes
// about a microsecond and touches no memory.
const privateWork = time.Microsecond

// private does steps steps of work.
//
//go:noinline
func private(x uint64, steps int) uint64 {
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

// stepsOf returns how many steps of private take d, when nothing disturbs them:
// the fastest of many tries.
func stepsOf(d time.Duration) int {
	const steps = 20_000
	fastest := time.Hour
	for i := range 200 {
		start := time.Now()
		runtime.KeepAlive(private(uint64(i), steps))
		fastest = min(fastest, time.Since(start))
	}
	return int(steps * d / fastest)
}

// calibrated is stepsOf(privateWork), found out once.
var calibrated = sync.OnceValue(func() int { return stepsOf(privateWork) })

// together does n operations on as many goroutines as there are processors,
// an equal share on each, and returns what that took in nanoseconds an
// operation. It does for two kinds of operation taking turns what RunParallel
// does for one.
func together(n int, share func(int)) float64 {
	processors := runtime.GOMAXPROCS(0)
	n = max(1, n/processors)
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	ready.Add(processors)
	for range processors {
		done.Go(func() {
			ready.Done()
			<-begin
			share(n)
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	done.Wait()
	return float64(time.Since(start).Nanoseconds()) / float64(n*processors)
}

func median(of []float64) float64 {
	s := slices.Sorted(slices.Values(of))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
