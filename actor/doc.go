// Package actor holds the four small parts from which every owner in this
// module is made: an [Inbox] to be told things, a [Cell] to be told only the
// newest of them, a [Timer] whose ringing is one more message, and a [Group]
// that starts loops and waits for them. It knows nothing of gRPC.
//
// An actor is a goroutine with a loop. Its state lives in that loop's local
// variables, so nobody else can reach it; others hold its inbox.
//
// # Laws
//
//  1. An actor handles one message at a time. Messages from one sender arrive
//     in the order in which they were sent; nothing is promised about the
//     order of messages from different senders.
//  2. Sending waits for nobody: not for the receiver, whatever it does, and not
//     for another sender. It may repeat an atomic step that another sender was
//     quicker with. An inbox is unbounded: whoever designs an actor bounds what can
//     be queued by what its senders say.
//  3. A receiver takes its whole backlog at once.
//  4. A message to a closed inbox is dropped and Send says so. What Send
//     accepted is either received or handed back by Close.
//  5. While a receiver waits for more, its inbox keeps no message that it has had,
//     and the room of at most a thousand.
//
// The package is what this module's loops are made of. It may be used, but has no
// promise of compatibility.
package actor
