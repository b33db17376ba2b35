// Package lbdebug shows the grpclb channels of the process on a web page, and as JSON.
//
//	mux := http.NewServeMux()
//	mux.Handle("/debug/grpclb/", lbdebug.Handler())
//	go http.ListenAndServe("localhost:6060", mux)
//
// The first page has a line for each channel: in which mode it is and why, how things stand
// with its balancer, its server list, its backends and its calls. Each channel has a page of
// its own with all that [grpclb.Describe] tells. With format=json in the query the answer is
// JSON.
//
// Pages reload every 5 seconds. refresh=30 in the query makes that 30 seconds (from 1 to
// 3,600), and refresh=off ends it. A table shows 100 lines at a time. The pages use no script
// and load no other file. All links are queries, so the handler works at any path, also
// behind a proxy that changes the path.
//
// The pages show the values of [grpclb.State]. The channels are asked for them when a page is
// loaded; otherwise a channel costs some bytes of memory and no time. A channel is listed
// while it has its policy: from when it leaves idleness until it is closed or idle again. If
// several policies serve one channel, as below a parent policy, each has a line.
//
// The pages show addresses and LB tokens, to anybody who can reach them. Serve them where
// only operators can reach them, such as on a port of localhost. They change nothing:
// requests other than GET and HEAD get the HTTP status 405.
package lbdebug
