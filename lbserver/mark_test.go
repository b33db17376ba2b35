package lbserver

import (
	"strings"
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// The same list has other tokens after a restart, and reports have those that were set.
func TestServer_RestartToken(t *testing.T) {
	reports := make(chan Report, 1)
	opts := Options{RestartTokens: true, OnReport: func(rep Report) { reports <- rep }}
	list := []Server{{Address: "10.0.0.1:80", Token: "t~x"}, {Address: "10.0.0.2:80"}, {Drop: true, Token: "shed"}}
	seen := make(map[string]bool)
	for range 3 {
		r := onLoopback(t, opts)
		r.set(t, greeter, list...)
		c := r.join(t, greeter)
		sent := c.next().GetServerList().GetServers()
		mark := strings.TrimPrefix(sent[0].LoadBalanceToken, "t~x")
		if seen[mark] || len(mark) != 7 || mark[0] != '~' || strings.Count(mark, "~") != 1 {
			t.Errorf("mark %q, after %v", mark, seen)
		}
		seen[mark] = true
		for i, s := range list {
			if got := sent[i].LoadBalanceToken; got != s.Token+mark {
				t.Errorf("token %q, want %q", got, s.Token+mark)
			}
		}
		if got := r.Answers(greeter)[0].Servers; got[0].Token != "t~x" {
			t.Errorf("the state has the token %q", got[0].Token)
		}
		c.say(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
			ClientStats: &lbpb.ClientStats{CallsFinishedWithDrop: []*lbpb.ClientStatsPerToken{
				{LoadBalanceToken: sent[2].LoadBalanceToken, NumCalls: 3},
				{LoadBalanceToken: "another's"},
			}},
		}})
		dropped := (<-reports).Stats.CallsFinishedWithDrop
		if dropped[0].LoadBalanceToken != "shed" || dropped[1].LoadBalanceToken != "another's" {
			t.Errorf("reported: %v", dropped)
		}
	}
}

// The mark must leave a token that is short enough for every client.
func TestServer_RestartToken_Length(t *testing.T) {
	r := onLoopback(t, Options{RestartTokens: true})
	token := strings.Repeat("x", 42)
	r.set(t, greeter, Server{Address: "10.0.0.1:80", Token: token})
	if err := r.SetServers(greeter, []Server{{Address: "10.0.0.1:80", Token: token + "x"}}); err == nil || !strings.Contains(err.Error(), "over 42") {
		t.Errorf("a token of 43 bytes: %v", err)
	}
}

// Without the option tokens are as they were set.
func TestServer_RestartToken_Off(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(1))
	r.join(t, greeter).wantList(entry(1))
}
