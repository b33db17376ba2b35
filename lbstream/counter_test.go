package lbstream

import (
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/tokens"
)

// counter is a Counter that answers when the test says so, and what it says.
type counter struct{ questions chan question }

type question struct {
	stream uint64
	at     time.Time
	reply  chan<- tokens.Counts
}

func newCounter() *counter { return &counter{make(chan question, 100)} }

func (c *counter) Count(stream uint64, reply chan<- tokens.Counts) {
	c.questions <- question{stream, time.Now(), reply}
}

// reporting serves lb and returns its stream, which wants reports.
func (b *bench) reporting(lb *lbtest.Balancer, every time.Duration) *lbtest.Call {
	b.Helper()
	b.serve("shop", lb.Address())
	c := lb.Next()
	c.Initial(every)
	synctest.Wait()
	return c
}

// asked waits for a question about the stream of this number, and compares how
// long that took.
func (b *bench) asked(stream uint64, want time.Duration) question {
	b.Helper()
	start := time.Now()
	select {
	case q := <-b.counter.questions:
		b.same("time to the question", q.at.Sub(start), want)
		if q.stream != stream || cap(q.reply) != 1 {
			b.Errorf("asked about stream %d with room for %d answers, want stream %d", q.stream, cap(q.reply), stream)
		}
		return q
	case <-time.After(want + time.Hour):
		b.Fatal("the counter was not asked")
		return question{}
	}
}

// unasked lets time pass and fails the test if there is a question after it.
func (b *bench) unasked(d time.Duration) {
	b.Helper()
	time.Sleep(d)
	synctest.Wait()
	select {
	case q := <-b.counter.questions:
		b.Errorf("asked about stream %d, %v ago", q.stream, time.Since(q.at))
	default:
	}
}

// answer is an answer in the words of countsOf.
func (b *bench) answer(q question, words ...string) {
	b.Helper()
	c, ok := countsOf(words)
	if !ok {
		b.Fatalf("no counts: %q", words)
	}
	q.reply <- c
	synctest.Wait()
}

// reported compares the reports that have arrived and were not looked at.
func (b *bench) reported(c *lbtest.Call, want ...string) {
	b.Helper()
	synctest.Wait()
	var got []string
	for len(c.Reports()) > 0 {
		got = append(got, describeStats(<-c.Reports()))
	}
	if len(got) != len(want) {
		b.Errorf("reports %q, want %q", got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			b.Errorf("report %q, want %q", got[i], want[i])
		}
	}
}

// deaf makes balancers that read the initial request of each stream, and no more
// before hear is closed.
func deaf(hear <-chan struct{}) grpc.ServerOption {
	return grpc.StreamInterceptor(func(service any, s grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		return handle(service, &deafStream{ServerStream: s, hear: hear})
	})
}

type deafStream struct {
	grpc.ServerStream
	hear  <-chan struct{}
	begun bool
}

func (s *deafStream) RecvMsg(m any) error {
	if s.begun {
		select {
		case <-s.hear:
		case <-s.Context().Done():
		}
	}
	s.begun = true
	return s.ServerStream.RecvMsg(m)
}
