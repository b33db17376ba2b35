// Package lbdebug shows the grpclb channels of the process on a web page, and as JSON.
//
//	mux := http.NewServeMux()
//	mux.Handle("/debug/grpclb/", lbdebug.Handler())
//	go http.ListenAndServe("localhost:6060", mux)
//
// The first page has a line for each channel: in which mode it is and why, how things stand with
// its balancer, its server list, its backends and its calls. Each channel has a page of its own with all
// that [grpclb.Describe] tells. With format=json in the query a page is JSON instead.
//
// Pages load themselves again every 5 seconds; refresh=30 changes that, and refresh=off ends it.
// They need no script and no other file. All links are queries, so the handler works at any path,
// also behind a proxy that changes the path.
//
// What is shown are the values of [grpclb.State]. They are asked for when somebody looks; a channel at which
// nobody looks has costs of some bytes. A channel is listed from its first leaving of idleness
// until it is closed or idle again. If several policies serve one channel, as below a parent policy,
// each has a line.
//
// The pages show addresses and LB tokens, to anybody who can reach them. Serve them where
// only operators can, such as on a port of localhost. They only read: requests other than GET and
// HEAD are refused.
package lbdebug
