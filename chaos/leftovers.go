package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime"
	"strings"
	"time"

	"google.golang.org/grpc"
	channelzpb "google.golang.org/grpc/channelz/grpc_channelz_v1"
	channelz "google.golang.org/grpc/channelz/service"
	"google.golang.org/grpc/credentials/insecure"
)

// A census counts what gRPC has of channels and SubConns in this process. It
// asks gRPC's channelz service, over a connection of its own that is not counted:
// https://github.com/grpc/proposal/blob/master/A14-channelz.md
type census struct {
	server *grpc.Server
	served chan error
	conn   *grpc.ClientConn
}

// A head count is what there is of the channel under test.
type headCount struct {
	channels int // to the user's target: one, or none
	nested   int // to the balancers
	subConns int // of the user's channel
}

func newCensus() (*census, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &census{server: grpc.NewServer(grpc.WaitForHandlers(true)), served: make(chan error, 1)}
	channelz.RegisterChannelzServiceToServer(c.server)
	go func() { c.served <- c.server.Serve(l) }()
	c.conn, err = grpc.NewClient("passthrough:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	return c, err
}

func (c *census) close() {
	_ = c.conn.Close() // which fails only when done twice
	c.server.Stop()
	<-c.served
}

// count asks for all channels, of which there are a handful.
func (c *census) count() (h headCount, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	all, err := channelzpb.NewChannelzClient(c.conn).GetTopChannels(ctx, &channelzpb.GetTopChannelsRequest{})
	for _, ch := range all.GetChannel() {
		if strings.HasPrefix(ch.GetData().GetTarget(), scheme+":") {
			h.channels++
			h.nested += len(ch.GetChannelRef())
			h.subConns += len(ch.GetSubchannelRef())
		}
	}
	return h, err
}

// A footprint is what the process takes up.
type footprint struct {
	goroutines int
	files      int    // file descriptors; zero where the system does not tell
	heap       uint64 // bytes that are in use after a collection
}

// heapBound is how much more of the heap may be in use at the end than was at the
// beginning, in bytes: for what the runtime and gRPC keep in pools of their own.
// Runs show less than a tenth of it.
const heapBound = 1 << 20

// measure collects garbage first: twice, because what is in a pool or has a
// finaliser survives the first time.
func measure() (footprint, error) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd") // which is open itself, each time
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return footprint{runtime.NumGoroutine(), len(files), m.HeapAlloc}, err
}

// settled measures until nothing is left over, or for long enough.
func settled(before footprint) (after footprint, err error) {
	ticker := time.NewTicker(goneWithin / 50)
	defer ticker.Stop()
	for end := time.Now().Add(goneWithin); ; <-ticker.C {
		after, err = measure()
		if err != nil || len(after.over(before)) == 0 || time.Now().After(end) {
			return after, err
		}
	}
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
