// Package debugpage shows a balancer of package lbserver on web pages, and as JSON.
//
//	mux := http.NewServeMux()
//	mux.Handle("/debug/balancer/", debugpage.Handler(b))
//	go http.ListenAndServe("localhost:6060", mux)
//
// The first page has the services, all clients, and how many streams ended with which status.
// Each service has a page of its own: its answers by class, the servers of one of them with
// tokens, weights and shares, its clients with the answer that each of them has and its last
// load report, and the sums over all load reports. With format=json in the query the answer is
// [lbserver.State] as JSON, on the page of a service that of this service alone.
//
// Pages reload every 5 seconds. refresh=30 in the query makes that 30 seconds (from 1 to
// 3,600), and refresh=off ends it. A table shows 100 lines at a time. The pages use no script
// and load no other file. All links are queries, so the handler works at any path, also
// behind a proxy that changes the path.
//
// The balancer is asked for its state when a page is loaded. With many clients that delays its
// next answer: see [lbserver.Balancer.State].
//
// The pages show addresses and LB tokens, to anybody who can reach them. Serve them where
// only operators can reach them, such as on a port of localhost. They change nothing:
// requests other than GET and HEAD get the HTTP status 405.
package debugpage
