// Package actor has the four parts of which this module's actors are made: an
// [Inbox] receives messages, a [Cell] holds only the newest value, a [Timer] wakes
// the loop at a time, and a [Group] starts loops and waits until they have ended.
// It knows nothing of gRPC.
//
// An actor is a goroutine with a loop. Its state lives in that loop's local
// variables, so nobody else can reach it; others hold its inbox.
//
// # Laws
//
//  1. An actor handles one message at a time. Messages from one sender arrive
//     in the order in which they were sent; nothing is promised about the
//     order of messages from different senders.
//  2. Send never waits, neither for the receiver nor for another sender. It may
//     have to repeat an atomic step if another sender came first. An inbox has no
//     limit: the design of an actor has to limit how much its senders can queue.
//  3. A receiver takes its whole backlog at once.
//  4. A message to a closed inbox is dropped, and Send returns false. A message
//     that Send accepted is either received or returned by Close.
//  5. While the receiver waits, its inbox keeps no message that was received
//     before, and has room for at most 1,024.
//
// Other modules may use the package, but it does not promise to stay compatible.
package actor
