package grpclb_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// books are kept of one call to the balancer: what its reports should come to,
// by what callers and backends saw, and what they came to.
type books struct {
	call      *lbtest.Call
	want, got tally
	closed    bool // the call has ended: what ends now is nobody's business
}

// A clerk makes calls and keeps the books. It finds out which list a call went
// by from the token: those of list 7 all have "L7", and it drops with "d7".
type clerk struct {
	*world
	backends []*lbtest.Backend
	lists    map[string]*books // by token
}

// entries returns list number n, over these backends, with some drops.
func entries(n int, drops int, backends ...*lbtest.Backend) (all []*lbpb.Server) {
	for _, b := range backends {
		all = append(all, lbtest.Server(b.Addr(), fmt.Sprint("L", n)))
	}
	for range drops {
		all = append(all, lbtest.Drop(fmt.Sprint("d", n)))
	}
	return all
}

// serving makes calls until one is answered, and returns the token that it was
// sent with; "" if none is answered by a list's backend. The calls that were
// dropped meanwhile were dropped by the same list.
func (k *clerk) serving() string {
	k.Helper()
	for dropped := int64(0); dropped < 100; dropped++ {
		answer, err := k.unary()
		switch {
		case isDrop(err):
			continue
		case err != nil || answer.Token == lbtest.NoToken:
			if dropped > 0 {
				k.Errorf("%d calls were dropped, and then one comes to %v, %v", dropped, answer, err)
			}
			return ""
		}
		k.record(answer.Token, tally{started: 1, finished: 1, received: 1})
		k.dropped(answer.Token, dropped)
		return answer.Token
	}
	k.Error("a hundred calls were dropped, one after the other")
	return ""
}

func (k *clerk) unary(options ...grpc.CallOption) (lbtest.Answer, error) {
	p := k.begin(k.soon(), options...)
	<-p.done
	return p.answer, p.err
}

func isDrop(err error) bool {
	return err != nil && strings.Contains(err.Error(), "has this call dropped")
}

// record enters what became of a call that a list with this token picked, and
// returns the books that it belongs in.
func (k *clerk) record(token string, what tally) *books {
	k.Helper()
	b := k.lists[token]
	if b == nil {
		k.Fatalf("a call was sent with the token %q, which no list has", token)
	}
	b.add(what)
	return b
}

// add enters something, unless the call to the balancer has ended.
func (b *books) add(what tally) {
	if !b.closed {
		b.want = b.want.plus(what)
	}
}

// dropped enters calls that the list with this token dropped.
func (k *clerk) dropped(token string, calls int64) {
	if calls == 0 {
		return
	}
	drops := map[string]int64{strings.Replace(token, "L", "d", 1): calls}
	k.record(token, tally{started: calls, finished: calls, drops: drops})
}

// audit lets the reports arrive and holds them against the books.
func (k *clerk) audit(b *books, when string) {
	k.Helper()
	k.pause(2 * time.Second)
	k.add(&b.got, b.call)
	if b.got.String() != b.want.String() {
		k.Errorf("%s, the reports of a call to the balancer come to %v, want %v", when, b.got, b.want)
	}
}

// close enters that the call to the balancer has ended. Without an audit before
// there may be less in its reports than has happened, but not more.
func (k *clerk) close(b *books) {
	k.Helper()
	k.add(&b.got, b.call)
	b.closed = true
	short := b.got.started <= b.want.started && b.got.finished <= b.want.finished &&
		b.got.unsent <= b.want.unsent && b.got.received <= b.want.received
	for token, calls := range b.got.drops {
		short = short && calls <= b.want.drops[token]
	}
	if !short {
		k.Errorf("the reports of a call to the balancer came to %v, more than %v", b.got, b.want)
	}
}

// soon is a context for a call that is not to wait.
func (k *clerk) soon() context.Context {
	ctx, cancel := context.WithTimeout(k.Context(), moment)
	k.Cleanup(cancel)
	return ctx
}
