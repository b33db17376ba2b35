// Package diary writes the log of a policy and of its resolver. Each line names the channel that it
// is about, and about one topic there is at most one line a second.
//
// A core makes a [Remark] when something has happened. Its shell has a [Diary], to which it passes
// the remark, and a timer that calls the diary when a remark that waited is due.
package diary
