package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// A footprint is what the process takes up.
type footprint struct {
	goroutines int
	files      int    // file descriptors; zero where the system does not tell
	heap       uint64 // bytes that are in use after a collection
}

// heapBound is how much more of the heap may be in use at the end than was at the
// beginning, in bytes: for what the runtime and gRPC keep in pools of their own,
// and the run to tell of. Runs show less than a tenth of it.
const heapBound = 1 << 20

// measure collects garbage first: twice, because what is in a pool or has a
// finaliser survives the first time.
func measure() (footprint, error) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := openFiles()
	return footprint{goroutines: runtime.NumGoroutine(), files: files, heap: m.HeapAlloc}, err
}

// openFiles counts this process's file descriptors, where Linux lists them, the
// one that is open for reading the list included.
func openFiles() (int, error) {
	open, err := os.ReadDir("/proc/self/fd")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return len(open), err
}

// over says what f takes up more of than before; nil if nothing.
func (f footprint) over(before footprint) (wrong []string) {
	if f.goroutines > before.goroutines {
		wrong = append(wrong, fmt.Sprintf("%d goroutines, %d at the beginning", f.goroutines, before.goroutines))
	}
	if f.files > before.files {
		wrong = append(wrong, fmt.Sprintf("%d file descriptors, %d at the beginning", f.files, before.files))
	}
	if f.heap > before.heap+heapBound {
		wrong = append(wrong, fmt.Sprintf("%d KiB of heap in use, %d at the beginning, %d more allowed", f.heap>>10, before.heap>>10, heapBound>>10))
	}
	return wrong
}
