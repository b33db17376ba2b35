// Package lbstream keeps one stream to a balancer open: a BalanceLoad RPC over one
// channel to the balancers' addresses. It is opened again whenever it ends, as long as
// there are balancers. If a balancer sends no list, the next one is asked at once. If none of
// them sends one, the package waits for the backoff. It publishes what came as a [Status]; only
// the newest counts. The caller decides what to do with a list. For load reports the package asks a [Counter].
//
// # Who does what
//
// The stream owner has the channel, the stream, and the timer of load reports and silent
// balancers. It gets messages from the policy ([Stream.Serve], [Stream.Configure],
// [Stream.AskAgain]), from the goroutines of its stream, from the retry owner and from the
// counter. It puts the Status into a cell, which never makes it wait.
//
// The retry owner has the backoff and its timer. It is told how each stream ended, and
// says when the next one is due. The policy can reset it ([Stream.Reset]) and change
// its figures ([Stream.SetBackoff]).
//
// Each stream has a reader, which opens it, receives, parses lists, and hands over one
// message at a time: a balancer that floods is slowed down by the flow control of its
// connection. A sender exists while one message is being sent; a balancer that does not
// read blocks only the sender. After the owner has given a stream up, it gets nothing from
// that stream.
//
// # What may be relied on
//
//   - There is never more than one stream, and none without balancers.
//   - When a Status has a new Rounds, the retry owner has been told already: a Reset
//     sent in answer opens the next stream.
//   - A Status is never older than one received before it.
//   - The counter is asked about the present stream only, one question at a time, and
//     not while a message is being sent. Its answer is sent, unless the stream ends first.
//   - When the group has stopped, stream and loops are gone. For up to 5 s there may be one
//     goroutine for each channel that gRPC is closing over a stalled connection. Nobody
//     waits for it.
//
// Not every list is seen: a newer one replaces one that nobody has received yet. When
// Serve returns, it need not have taken effect.
//
// # Use
//
// The package is a part of the policy grpclb. Others may use it, but only
// [Keepalive] and [DefaultKeepalive], which are part of the policy's configuration, are
// promised to stay compatible.
package lbstream
