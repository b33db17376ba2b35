// Package enlist is the command grpclbd register: it runs a server, in any language, and has it registered in
// etcd for as long as it runs and is healthy.
//
// The command starts in a process group of its own, with an empty standard input, so that Ctrl-C reaches it
// through this program only. It is registered after the first good answer to a health check, and taken out after
// some bad answers in a row, as if its lease had expired. When SIGTERM or SIGINT comes, the server is withdrawn
// first; the command gets the signal some time later (Grace), when balancers have sent their clients lists without
// it. Another signal is passed on at once. When the command has ended, however that was, the server is withdrawn,
// and Run ends.
//
// If this program is killed (SIGKILL), the command goes on, and its registration ends with its lease.
package enlist
