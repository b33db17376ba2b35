// Package proxy stands in front of a TCP server and does to its connections
// what networks do: it cuts them, swallows what they carry, delays it and slows
// it down. A [Proxy] has an address of its own that it keeps while the server
// behind it stops, and comes back somewhere else.
//
// # Weather
//
// What a proxy does is its [Weather], which is fair until [Proxy.Set] changes
// it. Each of the methods that change something returns when it is done, except
// for one chunk of at most 16 KiB in each direction of each connection, which may
// have been on its way already.
//
// A black hole closes nothing. What is sent to either side is taken and
// thrown away, and a connection that is made meanwhile is taken too (a dial in
// userland can't be left hanging earlier than that), but nobody answers on it: a
// gRPC client waits for the server's settings until its connect timeout. If the
// server ends, the client does not hear of it.
//
// A connection that was in a hole has lost bytes and can't go on. It stays dead
// until the hole ends and is then cut, as a machine that was away and has
// forgotten its connections does it with the first packet it sees again.
//
// # Who does what
//
// The owner has the weather and the links, which are pairs of connections. The
// listening goroutine tells it who arrives. Each link has a dialling goroutine
// and then two pumps, one a direction, which look at the weather before each
// chunk they pass on. The weather is a value that is never changed, only
// replaced, and so is all that they share.
package proxy
