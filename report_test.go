package grpclb_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// unsendable are credentials that fail, so that nothing is sent of a call that
// has been picked.
type unsendable struct{}

func (unsendable) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return nil, errors.New("no password")
}

func (unsendable) RequireTransportSecurity() bool { return false }

// unanswered begins a call at a backend that holds its answers, and gives it up.
func (w *world) unanswered(b *lbtest.Backend) {
	ctx, cancel := context.WithCancel(w.Context())
	p := w.begin(ctx)
	b.WaitInFlight(1)
	cancel()
	<-p.done
	b.WaitInFlight(0)
}

// patient is a backend that lets the client be the first to see that time is
// up: if its own word on that came first, it would be an answer.
func (w *world) patient(number int) *lbtest.Backend {
	return lbtest.NewBackend(w.T, w.network, number, grpc.UnaryInterceptor(
		func(ctx context.Context, in any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			out, err := handle(ctx, in)
			if err != nil {
				time.Sleep(time.Millisecond)
			}
			return out, err
		}))
}

func TestReport_Scope(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := w.backends(1)
		c := w.reporting()
		w.send(c, b...)
		w.calls(3)
		b[0].Hold()
		old := w.begin(w.Context())
		w.pause(2 * time.Second)
		same(w, "reports of the first call", w.reported(c), "4 3 0 3, 0 0 0 0")
		c.HangUp(nil)

		c = w.reportingNext()
		b[0].Release()
		<-old.done
		w.served(1) // by the list of the call before
		w.pause(time.Second)
		same(w, "reports of the second call before its list", w.reported(c), "0 0 0 0")
		w.send(c, b...)
		w.calls(2)
		w.pause(time.Second)
		same(w, "reports of the second call", w.reported(c), "2 2 0 2")
	})
}

// The old list's calls end during the new call, and are none of its business,
// whether their generation has drained or not.
func TestReport_ScopeOfCallsInFlight(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := w.backends(1)
		c := w.reporting()
		w.send(c, b...)
		b[0].Hold()
		old := w.begin(w.Context())
		w.pause(2 * time.Second)
		c.HangUp(nil)
		c = w.reportingNext()
		w.send(c, b...)
		mine := w.begin(w.Context())
		w.pause(time.Second)
		same(w, "reports while both are in flight", w.reported(c), "1 0 0 0")
		b[0].Release()
		<-old.done
		<-mine.done
		w.pause(time.Second)
		same(w, "reports when both have ended", w.reported(c), "0 1 0 1")
	})
}

// A call is counted when it is picked, not when it is done.
func TestReport_Started(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := w.backends(1)
		c := w.reporting()
		w.waits() // picks nothing, so it is no call
		w.send(c, b...)
		b[0].Hold()
		p := w.begin(w.Context())
		w.pause(time.Second)
		same(w, "reports of a call in flight", w.reported(c), "1 0 0 0")
		b[0].Release()
		<-p.done
		w.pause(time.Second)
		same(w, "reports when it has ended", w.reported(c), "0 1 0 1")
	})
}

// gRPC calls Done with the zero DoneInfo if the connection was lost between the
// pick and the call.
func TestReport_StartedAndTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.asking(time.Second)
		r.list(lbtest.Server("10.0.0.1:80", "t"))
		r.report(1, connectivity.Ready)
		r.pick(balancer.DoneInfo{})
		r.pick(balancer.DoneInfo{BytesSent: true, BytesReceived: true})
		r.pick(balancer.DoneInfo{})
		time.Sleep(time.Second)
		same(t, "one of three picks was used", r.next(), "1 1 0 1")

		unused := r.begin()
		time.Sleep(time.Second)
		same(t, "a pick that is told before it is taken back", r.next(), "1 0 0 0")
		unused.Done(balancer.DoneInfo{})
		time.Sleep(time.Second)
		same(t, "is made up for by no negative figure", r.next(), "0 0 0 0")
		r.pick(balancer.DoneInfo{BytesSent: true, BytesReceived: true})
		time.Sleep(time.Second)
		same(t, "but by the next pick", r.next(), "0 1 0 1")
	})
}

func TestReport_Finished(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := []*lbtest.Backend{w.patient(1)}
		c := w.reporting()
		w.send(c, b...)
		w.served(1)
		w.pause(time.Second)
		same(w, "answered", w.reported(c), "1 1 0 1")

		contains(w, w.call(grpc.PerRPCCredentials(unsendable{})), "no password")
		w.pause(time.Second)
		same(w, "never sent", w.reported(c), "1 1 1 0")

		b[0].Hold()
		w.unanswered(b[0])
		w.pause(time.Second)
		same(w, "sent and given up", w.reported(c), "1 1 0 0")

		same(w, "call", w.call(), "wait") // until its deadline
		w.pause(time.Second)
		same(w, "sent and past its deadline", w.reported(c), "1 1 0 0")

		p := w.begin(w.Context())
		w.network.Cut(b[0].Addr())
		<-p.done
		w.pause(time.Second)
		same(w, "the connection was lost", w.reported(c), "1 1 0 0")
		b[0].Release()

		ctx, cancel := context.WithCancel(w.Context())
		talk, err := w.ch.Converse(ctx)
		if err != nil {
			w.Fatal(err)
		}
		if _, err := talk.Ask(); err != nil {
			w.Error(err)
		}
		w.pause(time.Second)
		same(w, "a streaming call that goes on", w.reported(c), "1 0 0 0")
		cancel()
		w.pause(time.Second)
		same(w, "and is cancelled, but something came back", w.reported(c), "0 1 0 1")

		same(w, "an error is an answer", fmt.Sprint(w.ch.CC.Invoke(w.Context(), "/no.Service/Method",
			&lbpb.ServerList{}, &lbpb.ServerList{}) == nil), "false")
		w.pause(time.Second)
		same(w, "reports", w.reported(c), "1 1 0 1")
	})
}

func TestReport_Drops(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := w.backends(1)
		c := w.reporting()
		w.list(c, servers(b...)[0], lbtest.Drop("x"), lbtest.Drop("y"), lbtest.Drop("x"))
		w.fates(8)
		w.pause(time.Second)
		same(w, "two rounds", w.reported(c), "8 8 0 2 x:4 y:2")
		w.list(c, lbtest.Drop("y"), lbtest.Drop("z"))
		w.fates(4)
		w.pause(time.Second)
		same(w, "a list of drops alone", w.reported(c), "4 4 0 0 y:2 z:2")
	})
}

// A token that is gone is not in later reports.
func TestReport_DropsOfManyTokens(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		c := w.reporting()
		for i := range 50 {
			w.list(c, lbtest.Drop(fmt.Sprint("d", i)))
			w.fates(1)
			w.pause(time.Second)
			same(w, "report", w.reported(c), fmt.Sprintf("1 1 0 0 d%d:1", i))
		}
	})
}

func TestReport_Interval(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, c := range map[string]struct {
		asked *durationpb.Duration
		every time.Duration // zero: never
	}{
		"none":           {nil, 0},
		"zero":           {durationpb.New(0), 0},
		"negative":       {durationpb.New(-time.Second), 0},
		"short":          {durationpb.New(time.Nanosecond), 100 * time.Millisecond},
		"just too short": {durationpb.New(99 * time.Millisecond), 100 * time.Millisecond},
		"shortest":       {durationpb.New(100 * time.Millisecond), 100 * time.Millisecond},
		"usual":          {durationpb.New(10 * time.Second), 10 * time.Second},
		"absurd":         {&durationpb.Duration{Seconds: 1 << 62}, 0},
		"too long":       {durationpb.New(2 * year), 0},
		"not a duration": {&durationpb.Duration{Seconds: 1, Nanos: -1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, steady, func(w *world) {
				w.resolve()
				call := w.lb.Next()
				w.send(call, w.backends(1)...)
				w.until(time.Minute) // from the initial response on, and not from the call
				call.Send(&lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{
					InitialResponse: &lbpb.InitialLoadBalanceResponse{ClientStatsReportInterval: c.asked},
				}})
				if c.every == 0 {
					w.served(1)
					w.pause(time.Hour)
					same(w, "reports", w.reported(call), "")
					return
				}
				for i := range 4 {
					w.served(1)
					w.until(time.Minute + time.Duration(i+1)*c.every - time.Nanosecond)
					same(w, "reports just before one is due", w.reported(call), "")
					w.pause(time.Nanosecond)
					same(w, "reports when it is due", w.reported(call), "1 1 0 1")
				}
			})
		})
	}
}

func TestReport_Zero(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := w.backends(1)
		c := w.reporting()
		w.send(c, b...)
		w.served(1)
		w.pause(time.Second)
		same(w, "report", w.reported(c), "1 1 0 1")
		w.pause(time.Hour)
		same(w, "reports of nothing", w.reported(c), "0 0 0 0")
		w.served(1)
		w.pause(time.Hour)
		same(w, "reports of something, and again of nothing", w.reported(c), "1 1 0 1, 0 0 0 0")
	})
}

func TestReport_Fallback(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		c := w.reporting(b[1])
		c.Fallback()
		w.calls(5)
		w.pause(5 * time.Second)
		same(w, "reports in fallback", w.reported(c), "0 0 0 0")
		w.send(c, b[0])
		w.calls(2)
		c.Fallback()
		w.rouse()
		w.served(2)
		w.pause(5 * time.Second)
		same(w, "reports of the calls by a list", w.reported(c), "2 2 0 2, 0 0 0 0")
	})
}

// asking has the balancer want reports; the rig's initial response did not.
func (r *rig) asking(every time.Duration) {
	r.Helper()
	r.call.HangUp(nil)
	r.call = r.lb.Next()
	r.call.Initial(every)
}

// begin picks, for a call that is to end by Done.
func (r *rig) begin() balancer.PickResult {
	r.Helper()
	result, err := r.parent.Pick(context.Background())
	if err != nil {
		r.Fatal(err)
	}
	return result
}

func (r *rig) pick(how balancer.DoneInfo) { r.begin().Done(how) }

// next is the report that is there, as a tally.
func (r *rig) next() string {
	r.Helper()
	synctest.Wait()
	return tallyOf(r.call.Report()).String()
}
