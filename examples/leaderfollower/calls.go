package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
)

// counted is how many writes and how many reads are counted in each step.
const counted = 30

// nobody is the leader of a step in which writes fail.
const nobody = ""

// A step is a list: the leader, and the followers.
type step struct {
	what      string
	leader    string
	followers []string
}

var steps = []step{
	{"a leads, b and c follow", "a", []string{"b", "c"}},
	{"b leads, a and c follow", "b", []string{"a", "c"}},
	{"nobody leads, a and c follow", nobody, []string{"a", "c"}},
	{"c leads, nobody follows", "c", nil},
}

// readers returns the backends that get reads.
func (s step) readers() []string {
	if len(s.followers) == 0 {
		return []string{s.leader}
	}
	return s.followers
}

// A caller makes the calls, one after the other.
type caller struct {
	client  testpb.TestServiceClient
	waiting chan error // the write that waits → endWaiting; capacity 1
}

func newCaller(cc *grpc.ClientConn) *caller {
	return &caller{client: testpb.NewTestServiceClient(cc), waiting: make(chan error, 1)}
}

// write makes a write and returns the backend that took it, or nobody if there was no leader.
// It does not wait for a leader.
func (c *caller) write(ctx context.Context) (string, error) {
	answer, err := c.client.UnaryCall(ctx, &testpb.SimpleRequest{})
	if status.Code(err) == codes.Unavailable && strings.Contains(err.Error(), errNoLeader.Error()) {
		return nobody, nil
	}
	return answer.GetServerId(), err
}

func (c *caller) read(ctx context.Context) (string, error) {
	answer, err := c.client.CacheableUnaryCall(ctx, &testpb.SimpleRequest{})
	return answer.GetServerId(), err
}

// count makes calls until they go by the list of the step, and then counts. When one write has
// gone by a new list, no call that begins later goes by the old one.
func (c *caller) count(ctx context.Context, s step) (string, error) {
	for writer := "?"; writer != s.leader; {
		var err error
		if writer, err = c.write(ctx); err != nil {
			return "", err
		}
	}
	for seen := map[string]bool{}; !all(seen, s.readers()); { // until all are connected
		reader, err := c.read(ctx)
		if err != nil {
			return "", err
		}
		seen[reader] = true
	}
	writers, readers := map[string]int{}, map[string]int{}
	for range counted {
		writer, err := c.write(ctx)
		if err != nil {
			return "", err
		}
		reader, err := c.read(ctx)
		if err != nil {
			return "", err
		}
		writers[writer]++
		readers[reader]++
	}
	return s.judge(writers, readers)
}

func all(seen map[string]bool, names []string) bool {
	for _, n := range names {
		if !seen[n] {
			return false
		}
	}
	return true
}

// judge returns where calls went, or an error: all writes have to go to the leader, and an exact
// share of the reads to each reader.
func (s step) judge(writers, readers map[string]int) (string, error) {
	text := "writes all to " + s.leader
	if s.leader == nobody {
		text = "writes UNAVAILABLE"
	}
	good := writers[s.leader] == counted
	text = fmt.Sprintf("%-18s  reads", text)
	for _, name := range s.readers() {
		good = good && readers[name]*len(s.readers()) == counted
		text += fmt.Sprintf(" %s %d", name, readers[name])
	}
	if !good {
		return "", fmt.Errorf("calls went elsewhere: writes %v, reads %v", writers, readers)
	}
	return text, nil
}

// beginWaiting begins a write that waits until there is a leader.
func (c *caller) beginWaiting(ctx context.Context) {
	go func() {
		_, err := c.client.UnaryCall(ctx, &testpb.SimpleRequest{}, grpc.WaitForReady(true))
		c.waiting <- err
	}()
}

// endWaiting waits for that write. A backend takes it only if it is the leader.
func (c *caller) endWaiting() error {
	if err := <-c.waiting; err != nil {
		return fmt.Errorf("the write that waits for a leader: %w", err)
	}
	return nil
}
