package actor

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkInbox is what a message costs, sent by 1, 2, 8 and 1000 goroutines
// while one receives.
func BenchmarkInbox(b *testing.B) {
	for _, senders := range []int{1, 2, 8, 1000} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			in := NewInbox[any]()
			over, ended := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				for {
					select {
					case <-over:
						return
					case batch := <-in.Ready():
						in.Open(batch)
					}
				}
			}()
			b.ReportAllocs()
			var running sync.WaitGroup
			for n := range senders {
				running.Go(func() {
					for i := n; i < b.N; i += senders {
						in.Send(&in)
					}
				})
			}
			running.Wait()
			close(over)
			<-ended
		})
	}
}
