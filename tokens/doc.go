// Package tokens turns a server list, as a balancer sent it, into entries a
// picker can be built from: addresses that can be dialled and metadata that
// can be sent. What a balancer got wrong is skipped or replaced here and
// nowhere else, so the packages above need not distrust a [List].
//
// A list is untrusted input. [Parse] accepts anything, does work and keeps
// memory in proportion to the message, and describes at most a handful of
// its faults in words, however many there are.
//
// The texts it produces for logs name positions and lengths, never a token's
// content: a token may be a credential.
//
// The package is a part of the policy grpclb. It may be used, but has no promise
// of compatibility.
package tokens
