package lbserver

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// Each figure of Totals, after a life in which each of them grew.
func TestServer_Totals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{MaxClients: 2})
		r.set(t, greeter, one(1))
		r.set(t, greeter, one(1)) // equal: no answer of its own
		first, second := r.join(t, greeter), r.join(t, greeter)
		first.wantList(entry(1))
		second.wantList(entry(1))
		open(t, r.connect(t)).wantEnd(codes.ResourceExhausted) // it may end before the client names a service
		r.fallback(greeter)
		first.wantFallback()
		second.wantFallback()
		first.say(report(7))
		first.hangUp()
		synctest.Wait()
		list := listOf(t, one(1)).message
		want := Totals{
			Opened: 3, Ended: map[string]uint64{"CANCELLED": 1, "RESOURCE_EXHAUSTED": 1},
			Answers: 2, Encoded: 2, Sent: 4, SentBytes: uint64(2*proto.Size(list) + 2*proto.Size(fallbackAnswer().message)),
			Reports: 1,
		}
		if diff := cmp.Diff(want, r.State().Totals); diff != "" {
			t.Errorf("totals (-want +got):\n%s", diff)
		}
		r.Remove(greeter)
		second.wantEnd(codes.NotFound)
		ask(t, r.connect(t), "unknown").wantEnd(codes.NotFound)
		synctest.Wait()
		if got := r.State().Totals.Ended["NOT_FOUND"]; got != 2 {
			t.Errorf("%d streams ended with NOT_FOUND, want 2", got)
		}
	})
}

// An answer that a connection has already is not sent, and does not count as sent.
func TestServer_Totals_EqualAnswerIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{Classify: byHeader})
		r.set(t, greeter, one(1))
		r.setFor(t, greeter, "z1", one(1))
		c := r.joinAs(t, greeter, "z1")
		c.wantList(entry(1))
		r.RemoveFor(greeter, "z1")
		synctest.Wait()
		wantHas(t, r, "1 z1 1/1")
		if got := r.State().Totals.Sent; got != 1 {
			t.Errorf("%d answers were sent, want 1", got)
		}
	})
}

// The size of an answer, which is added up and not measured, is that of its message.
func TestServer_Totals_Size(t *testing.T) {
	for _, servers := range [][]Server{nil, {one(1)}, {{Drop: true}}, {{Address: "[2001:db8::1]:443", Token: "t", Weight: 5}, one(2)}, numbered(3000, 7)} {
		if a := listOf(t, servers...); a.size != proto.Size(a.message) {
			t.Errorf("%d servers: %d bytes, want %d", len(servers), a.size, proto.Size(a.message))
		}
	}
	if a := fallbackAnswer(); a.size != proto.Size(a.message) {
		t.Errorf("fallback: %d bytes, want %d", a.size, proto.Size(a.message))
	}
}

// counted is a load report with all its figures.
func counted(started, finished, unsent, received int64, drops ...string) *lbpb.LoadBalanceRequest {
	m := report(started)
	s := m.GetClientStats()
	s.NumCallsFinished, s.NumCallsFinishedWithClientFailedToSend, s.NumCallsFinishedKnownReceived = finished, unsent, received
	for _, token := range drops {
		s.CallsFinishedWithDrop = append(s.CallsFinishedWithDrop, &lbpb.ClientStatsPerToken{LoadBalanceToken: token, NumCalls: 1})
	}
	return m
}

// A client's last report, and the sums over the reports of a service.
func TestServer_Totals_Reports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{RestartTokens: true})
		r.set(t, greeter, one(1), Server{Drop: true, Token: "shed"}, Server{Drop: true, Token: "idle"})
		first, second := r.join(t, greeter), r.join(t, greeter)
		if clients := r.Clients(); clients[0].LastReport != nil {
			t.Errorf("a report before the first: %v", clients[0].LastReport)
		}
		shed := "shed" + string(r.mark)
		first.say(counted(10, 8, 1, 5, shed, shed))
		second.say(counted(1, 1, 0, 1, "stranger's"))
		time.Sleep(time.Second)
		first.say(counted(5, 5, 0, 5))
		synctest.Wait()
		now := time.Now()

		s := r.State()
		wantCalls := Calls{Started: 16, Finished: 14, FailedToSend: 1, KnownReceived: 11,
			Dropped: []DropState{{OtherTokens, 1}, {"idle", 0}, {"shed", 2}}}
		if diff := cmp.Diff(wantCalls, s.Services[0].Calls); diff != "" || s.Services[0].Reports != 3 {
			t.Errorf("%d reports, calls (-want +got):\n%s", s.Services[0].Reports, diff)
		}
		last := []*ReportState{
			{now, Calls{Started: 5, Finished: 5, KnownReceived: 5}},
			{now.Add(-time.Second), Calls{Started: 1, Finished: 1, KnownReceived: 1, Dropped: []DropState{{"stranger's", 1}}}},
		}
		for i, want := range last {
			if diff := cmp.Diff(want, s.Clients[i].LastReport); diff != "" {
				t.Errorf("report of client %d (-want +got):\n%s", i+1, diff)
			}
		}
	})
}

// Reports are written by clients: figures below zero count as zero, and tokens do not pile
// up.
func TestServer_Totals_HostileReports(t *testing.T) {
	var many []string
	for i := range 10_000 {
		many = append(many, fmt.Sprint("token", i))
	}
	many = append(many, strings.Repeat("x", 1<<20))
	kept := newReport(counted(-1, math.MinInt64, -1, -1, many...).GetClientStats(), time.Now())
	if kept.Started != 0 || kept.Finished != 0 || kept.FailedToSend != 0 || kept.KnownReceived != 0 {
		t.Errorf("figures below zero: %+v", kept)
	}
	if len(kept.Dropped) != reportTokens+1 || kept.Dropped[0] != (DropState{OtherTokens, uint64(len(many) - reportTokens)}) {
		t.Errorf("%d tokens are kept, the first is %v", len(kept.Dropped), kept.Dropped[0])
	}
	s := &service{}
	s.drops.expect([]Server{{Drop: true, Token: "token3"}})
	s.add(kept)
	want := []DropState{{OtherTokens, uint64(len(many) - 1)}, {"token3", 1}}
	if diff := cmp.Diff(want, s.sums().Dropped); diff != "" {
		t.Errorf("drops of the service (-want +got):\n%s", diff)
	}
	for i := range 10_000 { // a program that has new tokens in every list
		s.drops.expect([]Server{{Drop: true, Token: fmt.Sprint("mine", i)}})
	}
	if n := len(s.drops); n > serviceTokens {
		t.Errorf("%d tokens of a service are kept, want at most %d", n, serviceTokens)
	}
}

// The JSON has what State has, but for headers and certificates, which may be secret.
func TestServer_State_JSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, Server{Address: "10.0.0.1:80", Token: "a", Weight: 3}, Server{Drop: true, Token: "b"})
		c := r.joinAs(t, greeter, "secret")
		c.say(counted(3, 2, 1, 1, "b"))
		synctest.Wait()
		state := r.State()
		text, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "secret") {
			t.Errorf("a header is in %s", text)
		}
		var read State
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		for i := range state.Clients {
			state.Clients[i].Peer, state.Clients[i].Metadata = nil, nil
		}
		if diff := cmp.Diff(state, read, cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Errorf("what is read back (-state +read):\n%s", diff)
		}
		if read.Clients[0].Address == "" || read.Services[0].Answers[0].Copies[0] != 3 {
			t.Errorf("got %s", text)
		}
	})
}

// Share is the part of the entries that clients are sent.
func TestServer_State_Share(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, Server{Address: "10.0.0.1:80", Weight: 300}, Server{Drop: true, Token: "d", Weight: 100})
		r.set(t, "equal", one(1), one(2), Server{Drop: true}, one(4))
		r.fallback("unwell")
		s := r.State()
		equal, weighted := s.Services[0].Answers[0], s.Services[1].Answers[0]
		if got := []float64{equal.Share(0), equal.Share(2), weighted.Share(0), weighted.Share(1)}; !cmp.Equal(got, []float64{0.25, 0.25, 0.75, 0.25}) {
			t.Errorf("shares %v", got)
		}
		if got := []float64{equal.DropShare(), weighted.DropShare(), s.Services[2].Answers[0].DropShare()}; !cmp.Equal(got, []float64{0.25, 0.25, 0}) {
			t.Errorf("shares of drops %v", got)
		}
	})
}
