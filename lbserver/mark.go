package lbserver

import (
	"crypto/rand"
	"strings"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// A mark is appended to each token with [Options].RestartTokens, else empty. No two
// balancers have the same one, but for one chance in a thousand million.
type mark string

// markBytes is the length of a mark.
const markBytes = 1 + 6

// newMark returns a mark that is printable and has no second "~".
func newMark() mark {
	return mark("~" + strings.ToLower(rand.Text()[:markBytes-1]))
}

// removeFrom gives the tokens of a report the form in which the user knows them.
func (m mark) removeFrom(stats *lbpb.ClientStats) {
	if m == "" {
		return
	}
	for _, dropped := range stats.GetCallsFinishedWithDrop() {
		dropped.LoadBalanceToken = strings.TrimSuffix(dropped.LoadBalanceToken, string(m))
	}
}
