// Package lbstream keeps the call to the balancer: one BalanceLoad stream over
// one channel to the balancers' addresses, opened again whenever it ends, for as
// long as there are balancers. A balancer that gave no list is left out until the
// others have been asked, one at once after the other; then the backoff comes. What
// it learns it says in a [Status], of which only the newest counts. It does not know
// what a list is for: choosing between lists and fallback is the caller's. Nor does
// it count calls: for the load reports it asks a [Counter].
//
// # Who does what
//
// The stream owns the channel, the call, the timer of the load reports and of a
// silent balancer, and the words of the protocol. It hears the policy ([Stream.Serve],
// [Stream.Configure]), the children of its call, the retry owner and the answers of
// the counter, and puts a Status into a cell that never makes it wait.
//
// The retry owner has the backoff and its timer. It hears how each call ended
// and says when the next one is due; it also hears the policy ([Stream.Reset],
// [Stream.SetBackoff]).
//
// Each call has children. The reader opens the call, which may take as long as
// connecting does, and then only receives, parses lists and hands over; it hands
// over one message at a time, so a balancer that floods is held back by the flow
// control of its own connection. A sender sends one message, and says when it has:
// a balancer that does not read holds it up, and nobody else. A call that is given
// up is cancelled and forgotten together with the channel its children speak
// on, so that nothing late can be taken for news of the next call.
//
// # What may be relied on
//
//   - There is never more than one call, and none without balancers.
//   - When a Status says that a round is over, the retry owner has been told: a
//     Reset sent in answer to that Status reopens the call.
//   - A Status is never older than one taken before it.
//   - The counter is asked about the present call only, one question at a time
//     and none while a report is on its way. What it has answered is sent, or
//     ends with the call.
//   - When the group has stopped, the call and the loops are gone. What may remain,
//     for up to 5 s, is one goroutine for each balancer channel that gRPC is closing
//     over a stalled connection. Nobody waits for it.
//
// Not to be relied on: that every list is seen (the newest replaces an untaken
// one), or that a Serve has taken effect when it returns.
//
// # Use
//
// The package is a part of the policy grpclb. It may be used by whatever else wants
// to know a balancer's lists, but has no promise of compatibility, except for
// [Backoff], [DefaultBackoff], [Keepalive] and [DefaultKeepalive], which are part of
// the policy's configuration.
package lbstream
