package actor

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkInbox is what a message costs, sent by 1, 2, 8 and 1000 goroutines
// while one receives; and what it costs through a channel with room for 1024,
// which is bounded: its senders wait for the receiver.
func BenchmarkInbox(b *testing.B) {
	for _, senders := range []int{1, 2, 8, 1000} {
		b.Run(fmt.Sprintf("through=inbox/senders=%d", senders), func(b *testing.B) {
			in, over := NewInbox[any](), make(chan struct{})
			pass(b, senders, over, func() { in.Send(&in) }, func() {
				for {
					select {
					case <-over:
						return
					case batch := <-in.Ready():
						in.Open(batch)
					}
				}
			})
		})
		b.Run(fmt.Sprintf("through=channel/senders=%d", senders), func(b *testing.B) {
			c, over := make(chan any, 1024), make(chan struct{})
			pass(b, senders, over, func() { c <- &c }, func() {
				for {
					select {
					case <-over:
						return
					case <-c:
					}
				}
			})
		})
	}
}

// pass has b.N messages sent while receive runs, which ends when over is closed.
func pass(b *testing.B, senders int, over chan struct{}, send, receive func()) {
	var running, receiving sync.WaitGroup
	receiving.Go(receive)
	b.ReportAllocs()
	for n := range senders {
		running.Go(func() {
			for i := n; i < b.N; i += senders {
				send()
			}
		})
	}
	running.Wait()
	close(over)
	receiving.Wait()
}
